import type { Graph } from "../model/graph.ts";
import { dependenciesOf } from "../plan/order.ts";

/** A graph by the places of its steps instead of their ids: numbers are found at once, however many steps there are. */
export type Links = {
  readonly placeOf: (stepId: string) => number | undefined;
  /** For each place the places of the steps it depends on, all of them lower. */
  readonly before: readonly (readonly number[])[];
  /** For each place the places of the steps that depend on it. */
  readonly behind: readonly (readonly number[])[];
};

/** Throws where a step does not stand behind all it depends on. */
export function linkSteps({ steps }: Graph): Links {
  const places = new Map(steps.map(({ id }, place) => [id, place]));
  const before = steps.map((step, place) => dependenciesOf(step).map((id) => demandPlace(id, place)));
  const behind = steps.map((): number[] => []);
  before.forEach((dependencies, place) => {
    for (const dependency of dependencies) behind[dependency]?.push(place);
  });

  function demandPlace(id: string, dependent: number): number {
    const place = places.get(id);
    if (place === undefined || place >= dependent)
      throw new Error(`step ${steps[dependent]?.id} depends on ${id}, which does not stand before it`);
    return place;
  }

  return { placeOf: (stepId) => places.get(stepId), before, behind };
}

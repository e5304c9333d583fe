import { conjunctsOf, type Marker, parseMarker } from "./marker.ts";

/** When something is needed: any of these, and of each all its texts. Never, where there are none. */
export type Condition = readonly (readonly string[])[];

export const ALWAYS: Condition = [[]];

/** More ways to one package than any real lock has; their number could double with each step. */
const MOST_WAYS = 200;

/** Thrown where there are more ways to a package than can be told apart. */
export class Tangled extends Error {}

/** Each of the ways, where the marker has to be so as well. */
export function onlyIf(condition: Condition, marker: Marker): Condition {
  const texts = conjunctsOf(marker);
  if (texts === false) return [];
  return condition.map((way) => [...new Set([...way, ...texts])].sort());
}

/** Either; a way that says more than another adds nothing. The very same condition where nothing is added. */
export function eitherOf(one: Condition, other: Condition): Condition {
  const added = other.filter((way) => !one.some((known) => isWithin(known, way)));
  if (added.length === 0) return one;
  const kept = one.filter((way) => !added.some((shorter) => isWithin(shorter, way)));
  const shortest = added.filter((way, index) =>
    added.every((rival, at) => at === index || !isWithin(rival, way) || (isWithin(way, rival) && at > index)),
  );
  const all = [...kept, ...shortest];
  if (all.length > MOST_WAYS) throw new Tangled();
  return all;
}

function isWithin(shorter: readonly string[], longer: readonly string[]): boolean {
  return shorter.every((text) => longer.includes(text));
}

/** As one marker. */
export function markerOf(condition: Condition): Marker {
  if (condition.some((way) => way.length === 0)) return true;
  if (condition.length === 0) return false;
  const text = condition
    .map((way) => `(${way.join(" and ")})`)
    .sort()
    .join(" or ");
  const marker = parseMarker(text);
  if (marker === undefined) throw new Tangled();
  return marker;
}

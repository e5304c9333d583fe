import type { RunEvent, StepActivity } from "../model/event.ts";
import { maskLogins } from "../model/mask-logins.ts";
import type { Outcome } from "../model/outcome.ts";
import type { TransferProgress } from "../model/source.ts";
import type { Step } from "../model/step.ts";
import { advanceBuild, type BuildView, NO_BUILD, wordLayers } from "./build-view.ts";
import { wordActivity, wordWaiting } from "./wording.ts";

/** What the live view knows of a step. */
export type StepView = {
  readonly step: Step;
  readonly startedMs?: number;
  readonly doing?: Doing | undefined;
  readonly transfer?: TransferProgress | undefined;
  readonly build?: BuildView;
  /** The end of what it printed, of all that it runs. */
  readonly printed?: string;
  readonly outcome?: Outcome;
};

/** What a step does, and what came of it last: `[environment 2/3] RUN pip install x` and `Collecting x`. */
export type Doing = { readonly what: string; readonly said?: string | undefined };

export type LiveView = ReadonlyMap<string, StepView>;

/** More than the lines that are ever shown of it. */
const PRINTED_CHARACTERS = 4096;

/** The view after an event. Pure, so that a test can play a run and look at any moment of it. */
export function advance(view: LiveView, event: RunEvent): LiveView {
  switch (event.type) {
    case "plan-ready":
      return new Map(event.steps.map((step) => [step.id, { step }]));
    case "step-waiting":
      return update(view, event.step, { doing: { what: wordWaiting(event.owner) } });
    case "step-started":
      return update(view, event.step, { startedMs: event.timeMs, doing: undefined });
    case "step-output":
      return update(view, event.step, told(view.get(event.step.id), event.activity));
    case "step-finished":
      return update(view, event.step, { outcome: event.outcome });
    case "run-finished":
      return [...event.outcomes].reduce((next, [id, outcome]) => {
        const seen = next.get(id);
        return seen === undefined ? next : update(next, seen.step, { outcome });
      }, view);
    case "diagnostic":
      return view;
  }
}

function update(view: LiveView, step: Step, change: Partial<StepView>): LiveView {
  return new Map(view).set(step.id, { ...(view.get(step.id) ?? { step }), ...change });
}

/** What is new of a step once it said something. */
function told(seen: StepView | undefined, activity: StepActivity): Partial<StepView> {
  if (activity.type === "build") {
    const { event } = activity;
    const build = advanceBuild(seen?.build ?? NO_BUILD, event);
    const printed = event.type === "vertex-log" ? { printed: appended(seen?.printed, event.text) } : {};
    if (build.what === undefined) return { build, ...printed };
    const doing = { what: build.what, said: wordLayers(build) ?? (build.said && maskLogins(build.said)) };
    return { build, doing, transfer: undefined, ...printed };
  }
  const what = wordActivity(activity);
  if (what === undefined) return {};
  return {
    doing: { what },
    transfer: activity.type === "transferring" ? activity.progress : undefined,
    ...(activity.type === "log" && { printed: appended(seen?.printed, `${activity.text}\n`) }),
  };
}

function appended(printed = "", text: string): string {
  return `${printed}${text}`.slice(-PRINTED_CHARACTERS);
}

import { shortDigest } from "../model/digest.ts";
import type { Reason, StepActivity } from "../model/event.ts";
import type { Outcome } from "../model/outcome.ts";
import type { Step } from "../model/step.ts";

export function wordStep(step: Step): string {
  return `${step.kind} ${step.name}`;
}

/** Why a step runs, in one phrase. */
function wordReason(reason: Reason): string {
  switch (reason.type) {
    case "new":
      return "it never ran here";
    case "forced":
      return "asked for with --no-cache";
    case "gone":
      return `${reason.what} is gone or was changed`;
    case "upstream":
      return `${reason.step} made something else`;
    case "input-added":
      return `${wordInput(reason.input)} is new`;
    case "input-removed":
      return `${wordInput(reason.input)} is gone`;
    case "input-changed":
      return `${wordInput(reason.input)} changed${wordChange(reason.from, reason.to)}`;
  }
}

function wordChange(from: string | undefined, to: string | undefined): string {
  return from === undefined || to === undefined ? "" : ` (${wordValue(from)} → ${wordValue(to)})`;
}

/** The first reasons, and how many more there are. */
export function wordReasons(reasons: readonly Reason[], most = 3): string {
  const shown = reasons.slice(0, most).map(wordReason);
  return [...shown, ...(reasons.length > most ? [`${reasons.length - most} more`] : [])].join("; ");
}

/** `code.src/score.py` is the file `src/score.py` of the code, and so are the files of a pin. */
function wordInput(input: string): string {
  const [, file, size] = /^pin\.identity\.files\.(.*)\.(?:(size)|digest|origin)$/.exec(input) ?? [];
  if (file !== undefined) return size === undefined ? file : `the size of ${file}`;
  const [group = "", ...rest] = input.split(".");
  return FILE_GROUPS.has(group) && rest.length > 0 ? rest.join(".") : `\`${input}\``;
}

const FILE_GROUPS: ReadonlySet<string> = new Set(["code", "requirements", "runtime", "bodyFiles"]);

function wordValue(json: string): string {
  const digest = /sha256:[0-9a-f]{64}/.exec(json)?.[0];
  if (digest !== undefined) return shortDigest(digest);
  return json.length > 40 ? `${json.slice(0, 39)}…` : json;
}

export function wordDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** One line for what a running step tells, or undefined where it is not worth one. */
export function wordActivity(activity: StepActivity): string | undefined {
  if (activity.type === "doing" || activity.type === "log") return activity.text;
  const { event } = activity;
  switch (event.type) {
    case "vertex-started":
      return isInternal(event.name) ? undefined : wordVertex(event.name);
    case "vertex-progress":
      return undefined;
    case "vertex-log":
      return lastLine(event.text);
    case "vertex-finished":
      return undefined;
  }
}

/** BuildKit's own housekeeping, which says nothing of the user's package. */
export function isInternal(vertexName: string): boolean {
  return vertexName.startsWith("[internal]") || / load (\.dockerignore|from client)$/.test(vertexName);
}

/** `[environment 2/3] RUN --mount=… apt-get install x` as one short line. */
export function wordVertex(name: string): string {
  return name
    .replace(/--mount=\S+\s+/g, "")
    .replace(/--link |--chmod=\S+ |--from=(mlpackage-)?/g, "")
    .replace(/\s+/g, " ");
}

export function wordOutcome(outcome: Outcome): string {
  switch (outcome.status) {
    case "succeeded":
    case "failed":
      return `${outcome.status} in ${wordDuration(outcome.durationMs)}`;
    case "blocked":
      return `blocked by ${outcome.by.join(", ")}`;
    default:
      return outcome.status;
  }
}

/** The last line of a run: what was done, and what it means. */
export function wordSummary(outcomes: ReadonlyMap<string, Outcome>, durationMs: number): string {
  const count = (status: Outcome["status"]) =>
    [...outcomes.values()].filter((one) => one.status === status).length;
  const total = outcomes.size;
  if (count("fresh") === total) return `nothing to do: ${total} steps fresh (${wordDuration(durationMs)})`;
  const parts = (["succeeded", "fresh", "failed", "blocked", "cancelled"] as const).flatMap((status) =>
    count(status) > 0 ? [`${count(status)} ${status}`] : [],
  );
  return `${parts.join(", ")} (${wordDuration(durationMs)})`;
}

function lastLine(text: string): string | undefined {
  return text
    .trimEnd()
    .split(/[\r\n]+/)
    .at(-1);
}

import { shortDigest } from "../model/digest.ts";
import type { Reason, StepActivity } from "../model/event.ts";
import type { LockOwner } from "../model/locks.ts";
import type { Outcome } from "../model/outcome.ts";
import type { Step } from "../model/step.ts";
import { wordTransfer } from "./word-transfer.ts";

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
    case "called-for":
      return "asked for";
    case "gone":
      return `${reason.what} is gone or was changed`;
    case "evicted":
      return "its record was removed from the cache";
    case "damaged":
      return "its record in the cache was damaged";
    case "failed-before":
      return "it failed the last time";
    case "upstream":
      return `${reason.step} made something else`;
    case "input-added":
      return LOCK_WORDS.get(`+${reason.input}`) ?? `${wordInput(reason.input)} is new`;
    case "input-removed":
      return LOCK_WORDS.get(`-${reason.input}`) ?? `${wordInput(reason.input)} is gone`;
    case "input-changed":
      return wordChangedInput(reason);
  }
}

const [MATCHES, DIFFERS] = ["the lock matches the file now", "the lock does not match the file"];

/** A step that resolves has what is `asked` for as an input, or else what the lock has, which is `locked`. */
const LOCK_WORDS: ReadonlyMap<string, string> = new Map([
  ["+asked", DIFFERS],
  ["-locked", DIFFERS],
  ["+locked", MATCHES],
  ["-asked", MATCHES],
]);

type ChangedInput = Extract<Reason, { readonly type: "input-changed" }>;

function wordChangedInput({ input, from, to }: ChangedInput): string {
  if (input === "tool")
    return `mlpackage makes it differently now${wordChange(versionIn(from), versionIn(to))}`;
  if (isReordered(from, to)) return `${wordInput(input)} is in another order`;
  return `${wordInput(input)} changed${wordChange(from, to)}`;
}

/** `"build 1.2"` → `1.2`. */
function versionIn(tool: string | undefined): string | undefined {
  return tool === undefined ? undefined : /\d+\.\d+/.exec(tool)?.[0];
}

function isReordered(from: string | undefined, to: string | undefined): boolean {
  if (!from?.startsWith("[") || !to?.startsWith("[")) return false;
  const sorted = (json: string) =>
    JSON.stringify((JSON.parse(json) as readonly unknown[]).map((one) => JSON.stringify(one)).sort());
  return from !== to && sorted(from) === sorted(to);
}

function wordChange(from: string | undefined, to: string | undefined): string {
  return from === undefined || to === undefined ? "" : ` (${wordValue(from)} → ${wordValue(to)})`;
}

/** What a phrase may say besides its reason: more of it, and the base image's name where no reason has it. */
export type ReasonDetails = {
  readonly detailOf?: (reason: Reason) => string;
  readonly baseImage?: string | undefined;
};

/** Each reason in one phrase; what a moved base image changes is one of them. */
export function wordEachReason(
  reasons: readonly Reason[],
  { detailOf = () => "", baseImage }: ReasonDetails = {},
): readonly string[] {
  const pins = reasons.filter(isOfBasePin);
  // Whoever names another base image knows that its digest is another.
  const isChosen = reasons.some((reason) => "input" in reason && reason.input.startsWith("baseImage."));
  return reasons.flatMap((reason) => {
    if (!isOfBasePin(reason)) return [`${wordReason(reason)}${detailOf(reason)}`];
    return isChosen || reason !== pins[0] ? [] : [wordMovedBase(pins, baseImage)];
  });
}

function isOfBasePin(reason: Reason): reason is ChangedInput {
  return reason.type === "input-changed" && /^base\.(?:digest|reference)$/.test(reason.input);
}

function wordMovedBase(pins: readonly ChangedInput[], baseImage: string | undefined): string {
  const digest = pins.find(({ input }) => input === "base.digest");
  const reference = pins.find(({ input }) => input === "base.reference")?.to;
  const name = reference === undefined ? baseImage : nameInReference(reference);
  return `the base image${name === undefined ? "" : ` \`${name}\``} moved${wordChange(digest?.from, digest?.to)}`;
}

/** `"python:3.12@sha256:…"`, as JSON, without the digest. */
function nameInReference(json: string): string {
  return String(JSON.parse(json)).replace(/@.*$/, "");
}

/** The first reasons, and how many more there are. */
export function wordReasons(reasons: readonly Reason[], most = 3): string {
  // One file may be in several inputs: in the code, and in a Docker context.
  const words = [...new Set(wordEachReason(reasons.map(withoutDepth)))];
  const shown = words.slice(0, most);
  return [...shown, ...(words.length > most ? [`${words.length - most} more`] : [])].join("; ");
}

/** Whatever is another in a test, the test is. */
function withoutDepth(reason: Reason): Reason {
  const [, test] = ("input" in reason && /^(tests\.\d+)\./.exec(reason.input)) || [];
  return test === undefined ? reason : { type: "input-changed", input: test };
}

/** `code.src/score.py` is the file `src/score.py` of the code, and so are the files of a pin. */
function wordInput(input: string): string {
  const [, file, size] = /^pin\.identity\.files\.(.*)\.(?:(size)|digest|origin)$/.exec(input) ?? [];
  if (file !== undefined) return size === undefined ? file : `the size of ${file}`;
  const [, ownFile] = /^base\.(?:context|dockerfile)\.(.+)$/.exec(input) ?? [];
  if (ownFile !== undefined) return ownFile;
  const [group = "", ...rest] = input.split(".");
  if (/^tests\.\d+$/.test(input)) return `test ${Number(rest[0]) + 1}`;
  return FILE_GROUPS.has(group) && rest.length > 0 ? rest.join(".") : `\`${input}\``;
}

const FILE_GROUPS: ReadonlySet<string> = new Set(["code", "requirements", "runtime", "testFiles"]);

/** A value in a few words: of what holds a digest, the first digits of that; of a long one, its beginning. */
export function wordValue(json: string): string {
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

/** Whose lock a step waits for. */
export function wordWaiting({ pid, host, purpose }: LockOwner): string {
  return `waits for process ${pid} on ${host} (${purpose})`;
}

/** One line for what a running step tells, or undefined where it is not worth one. */
export function wordActivity(activity: StepActivity): string | undefined {
  if (activity.type === "doing" || activity.type === "log") return activity.text;
  if (activity.type === "transferring") return wordTransfer(activity);
  if (activity.type === "tested") return undefined;
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
    case "restored":
      return `restored from ${outcome.from} in ${wordDuration(outcome.durationMs)}`;
    default:
      return outcome.status;
  }
}

/** The last line of a run: what was done, what it means, and what the cache spared. */
export function wordSummary(outcomes: ReadonlyMap<string, Outcome>, durationMs: number): string {
  const count = (status: Outcome["status"]) =>
    [...outcomes.values()].filter((one) => one.status === status).length;
  const total = outcomes.size;
  const saved = wordSaved(outcomes.values());
  const times = `(${wordDuration(durationMs)}${saved === undefined ? "" : `; the cache saved ${saved}`})`;
  if (count("fresh") === total)
    return `nothing to do: ${total} ${total === 1 ? "step" : "steps"} fresh ${times}`;
  const parts = (["succeeded", "restored", "fresh", "failed", "blocked", "cancelled"] as const).flatMap(
    (status) => (count(status) > 0 ? [`${count(status)} ${status}`] : []),
  );
  return `${parts.join(", ")} ${times}`;
}

/** How long the steps took, when they last ran, that did not have to; nothing where that is not worth a word. */
export function wordSaved(outcomes: Iterable<Outcome>): string | undefined {
  const savedMs = [...outcomes].reduce((sum, one) => sum + ("savedMs" in one ? (one.savedMs ?? 0) : 0), 0);
  return savedMs < LEAST_SAVED_MS ? undefined : wordDuration(savedMs);
}

/** Less would read as nothing. */
const LEAST_SAVED_MS = 100;

export function lastLine(text: string): string | undefined {
  return text
    .trimEnd()
    .split(/[\r\n]+/)
    .at(-1);
}

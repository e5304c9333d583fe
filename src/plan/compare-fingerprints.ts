import { canonicalJson } from "../model/digest.ts";
import type { Reason } from "../model/event.ts";
import { maskLogins } from "../model/mask-logins.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** What differs between a step's last run and now, each input by its name; empty when nothing does. */
export function compareFingerprints(before: Fingerprint | undefined, now: Fingerprint): readonly Reason[] {
  if (before === undefined) return [{ type: "new" }];
  const own = { tool: `${now.kind} ${now.format}.${now.kindVersion}` };
  const earlier = { tool: `${before.kind} ${before.format}.${before.kindVersion}` };
  return [
    ...compareRecords(earlier, own, ""),
    ...compareRecords(before.inputs, now.inputs, ""),
    ...compareRecords(before.needs, now.needs, "").map(asUpstream),
  ];
}

/** A step that is still needed made something else; one that is needed no more, or for the first time, keeps its reason. */
function asUpstream(reason: Reason): Reason {
  return reason.type === "input-changed" ? { type: "upstream", step: reason.input } : reason;
}

function compareRecords(
  before: SerializableRecord,
  now: SerializableRecord,
  prefix: string,
): readonly Reason[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.flatMap((name) =>
    compareValues(memberOf(before, name), memberOf(now, name), prefix === "" ? name : `${prefix}.${name}`),
  );
}

function memberOf(record: SerializableRecord, name: string): Serializable | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function compareValues(
  before: Serializable | undefined,
  now: Serializable | undefined,
  input: string,
): readonly Reason[] {
  if (before === undefined && now === undefined) return [];
  if (before === undefined) return [{ type: "input-added", input }];
  if (now === undefined) return [{ type: "input-removed", input }];
  if (isRecord(before) && isRecord(now)) return compareRecords(before, now, input);
  if (isList(before) && isList(now)) return compareLists(before, now, input);
  return changed(before, now, input);
}

/**
 * What is the same at both ends of a list did not change. What is left between them was put in, taken out or changed
 * in its place; a list of which neither can be said, and one in another order, is told whole.
 */
function compareLists(
  before: readonly Serializable[],
  now: readonly Serializable[],
  input: string,
): readonly Reason[] {
  const [was, is] = [before.map(canonicalJson), now.map(canonicalJson)];
  const most = Math.min(was.length, is.length);
  const head = countWhile(most, (index) => was[index] === is[index]);
  const tail = countWhile(most - head, (index) => was.at(-1 - index) === is.at(-1 - index));
  const [wasBetween, isBetween] = [was.slice(head, was.length - tail), is.slice(head, is.length - tail)];
  const at = (index: number) => `${input}.${head + index}`;
  if (wasBetween.length === 0)
    return isBetween.map((_, index) => ({ type: "input-added", input: at(index) }));
  if (isBetween.length === 0)
    return wasBetween.map((_, index) => ({ type: "input-removed", input: at(index) }));
  const isReordered = canonicalJson(wasBetween.toSorted()) === canonicalJson(isBetween.toSorted());
  if (isReordered || wasBetween.length !== isBetween.length) return changed(before, now, input);
  return isBetween.flatMap((_, index) => compareValues(before[head + index], now[head + index], at(index)));
}

function countWhile(most: number, holds: (index: number) => boolean): number {
  let count = 0;
  while (count < most && holds(count)) count += 1;
  return count;
}

function changed(before: Serializable, now: Serializable, input: string): readonly Reason[] {
  if (canonicalJson(before) === canonicalJson(now)) return [];
  const [from, to] = [toldValue(before, input), toldValue(now, input)];
  const isTold = from !== undefined && to !== undefined && from !== to;
  return [{ type: "input-changed", input, ...(isTold && { from, to }) }];
}

/** The value of an input as canonical JSON, without a password or a query in an address; undefined where all of it may be secret. */
export function toldValue(value: Serializable, input: string): string | undefined {
  if (MAY_BE_SECRET.test(input)) return undefined;
  const told = maskLogins(canonicalJson(value), () => "…");
  // Whoever has a signed address may download.
  return told.replace(/(https?:\/\/[^\s"?]*)\?[^\s"#]*/g, "$1?…");
}

/** People keep keys where a service reads them from; a plan is printed, logged and sent around. */
const MAY_BE_SECRET = /^(environment\.variables|baseImage\.buildArgs|tests)(\.|$)/;

function isList(value: Serializable): value is readonly Serializable[] {
  return Array.isArray(value);
}

function isRecord(value: Serializable): value is SerializableRecord {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

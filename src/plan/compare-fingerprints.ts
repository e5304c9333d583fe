import { canonicalJson } from "../model/digest.ts";
import type { Reason } from "../model/event.ts";
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
  const [from, to] = [canonicalJson(before), canonicalJson(now)];
  if (from === to) return [];
  return [{ type: "input-changed", input, ...(!MAY_BE_SECRET.test(input) && { from, to }) }];
}

/** People keep keys where a service reads them from; a plan is printed, logged and sent around. */
const MAY_BE_SECRET = /^(environment\.variables|baseImage\.buildArgs|tests)(\.|$)/;

function isRecord(value: Serializable): value is SerializableRecord {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

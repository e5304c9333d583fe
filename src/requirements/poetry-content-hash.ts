import { digestOf } from "../model/digest.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";

/** What poetry's lock is an answer to, as poetry itself hashes it: once in the way of poetry 1, once in that of 2. */
export function contentHashes(project: SerializableRecord): readonly string[] {
  const poetry = recordAt(recordAt(project, "tool"), "poetry");
  const own = recordAt(project, "project");
  const groups = project["dependency-groups"];
  const common = chosen(own, ["requires-python", "dependencies", "optional-dependencies"], []);
  const old = chosen(poetry, OLD_KEYS, OLD_KEYS);
  const hasNew = Object.keys(common).length > 0 || groups !== undefined;
  if (!hasNew) return [hashOf({ ...old, ...chosen(poetry, ["group"], []) })];
  const tool = { poetry: chosen(poetry, [...OLD_KEYS, "group"], []) };
  const content = Object.keys(common).length > 0 ? { project: common, tool } : tool.poetry;
  return [
    hashOf(content),
    ...(groups === undefined ? [] : [hashOf({ ...content, "dependency-groups": groups })]),
  ];
}

const OLD_KEYS = ["dependencies", "source", "extras", "dev-dependencies"];

/** Some of its members; of those that are told even where they are absent, `null`. */
function chosen(
  record: SerializableRecord,
  keys: readonly string[],
  told: readonly string[],
): SerializableRecord {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = record[key] ?? null;
      return value === null && !told.includes(key) ? [] : [[key, value] as const];
    }),
  );
}

function recordAt(record: SerializableRecord, key: string): SerializableRecord {
  const value = record[key] ?? {};
  return typeof value === "object" && !Array.isArray(value) ? (value as SerializableRecord) : {};
}

function hashOf(content: SerializableRecord): string {
  return digestOf(asPythonWrites(content)).slice("sha256:".length);
}

/** As `json.dumps(value, sort_keys=True)` does. */
function asPythonWrites(value: Serializable | undefined): string {
  if (Array.isArray(value)) return `[${value.map(asPythonWrites).join(", ")}]`;
  if (typeof value !== "object" || value === null) return escaped(JSON.stringify(value ?? null));
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  const members = entries.map(
    ([key, member]) => `${escaped(JSON.stringify(key))}: ${asPythonWrites(member)}`,
  );
  return `{${members.join(", ")}}`;
}

function escaped(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

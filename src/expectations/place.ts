import type { Serializable, SerializableRecord } from "../model/serializable.ts";

/** The root of a value, as JSONPath calls it. */
export const ROOT = "$";

/** The place of a member or an item, as JSONPath calls it. */
export function placeBelow(place: string, segment: string | number): string {
  if (typeof segment === "number") return `${place}[${segment}]`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(segment)) return `${place}.${segment}`;
  const quoted = JSON.stringify(segment).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `${place}['${quoted}']`;
}

/** The place of what a pointer names: an index of a list is written otherwise than a member that is called like one. */
export function placeIn(value: Serializable, segments: readonly string[], root: string = ROOT): string {
  let place = root;
  let node: Serializable | undefined = value;
  for (const segment of segments) {
    place = placeBelow(place, Array.isArray(node) ? Number(segment) : segment);
    node = (node as SerializableRecord | undefined)?.[segment];
  }
  return place;
}

const MOST_CHARACTERS = 100;

/** A value as a message names it: JSON, and of a long one the beginning. */
export function showValue(value: Serializable | undefined): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "number" && !Number.isFinite(value) ? String(value) : JSON.stringify(value);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
}

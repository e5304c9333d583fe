import { pointerTo } from "../document/locate.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";

/** Something in a file that is not what its format has there. */
export class BadShape extends Error {
  readonly pointer: string;
  readonly hint: string | undefined;
  constructor(pointer: string, message: string, hint?: string) {
    super(message);
    this.pointer = pointer;
    this.hint = hint;
  }
}

/** A value and its place. */
export type Placed<T = Serializable | undefined> = { readonly value: T; readonly pointer: string };

export type PlacedRecord = Placed<SerializableRecord>;

/** A member of a record; of none where there is no record. */
export function memberOf({ value, pointer }: Placed<SerializableRecord | undefined>, key: string): Placed {
  const own = value !== undefined && Object.hasOwn(value, key) ? value[key] : undefined;
  return { value: own, pointer: pointerTo(pointer, key) };
}

export function recordOf(placed: Placed): PlacedRecord {
  const { value = {}, pointer } = placed;
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return { value: value as SerializableRecord, pointer };
  throw new BadShape(pointer, "must be a table");
}

/** Empty where it is absent. */
export function listOf({ value = [], pointer }: Placed): readonly Placed<Serializable>[] {
  if (!Array.isArray(value)) throw new BadShape(pointer, "must be a list");
  return (value as readonly Serializable[]).map((item, index) => ({
    value: item,
    pointer: pointerTo(pointer, index),
  }));
}

export function textOf(placed: Placed): string {
  if (typeof placed.value === "string") return placed.value;
  throw new BadShape(placed.pointer, placed.value === undefined ? "is missing" : "must be a text");
}

export function textsOf(placed: Placed): readonly string[] {
  return listOf(placed).map(textOf);
}

/** The members of a record, each with its key. */
export function entriesOf(placed: Placed): readonly (readonly [key: string, member: Placed])[] {
  const record = recordOf(placed);
  return Object.keys(record.value).map((key) => [key, memberOf(record, key)]);
}

/** Of a list of records. */
export function recordsOf(placed: Placed): readonly PlacedRecord[] {
  return listOf(placed).map(recordOf);
}

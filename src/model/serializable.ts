/** A value that survives a round trip through JSON. Inputs, outputs and records are made of these alone. */
export type Serializable =
  | null
  | boolean
  | number
  | string
  | readonly Serializable[]
  | { readonly [key: string]: Serializable };

export type SerializableRecord = { readonly [key: string]: Serializable };

/** The value where it is a record, else an empty one: for looking into what somebody else has written. */
export function recordOf(value: Serializable | undefined): SerializableRecord {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as SerializableRecord) : {};
}

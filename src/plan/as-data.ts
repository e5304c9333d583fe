import type { Serializable, SerializableRecord } from "../model/serializable.ts";

/** Types of plain data without an index signature, as the record they are. Absent members are left out. */
export function asData(value: object): SerializableRecord {
  return JSON.parse(JSON.stringify(value)) as Record<string, Serializable>;
}

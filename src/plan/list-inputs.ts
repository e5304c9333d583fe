import { canonicalJson } from "../model/digest.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import { toldValue } from "./compare-fingerprints.ts";

/** An input by its name; `value` is canonical JSON, left out where it may hold a secret. */
export type NamedInput = { readonly input: string; readonly value?: string };

/** Every single input of a step, by the names that reasons use; what is empty is one input. */
export function listInputs(inputs: SerializableRecord): readonly NamedInput[] {
  return Object.entries(inputs).flatMap(([name, value]) => listValue(value, name));
}

function listValue(value: Serializable, input: string): readonly NamedInput[] {
  const members = value !== null && typeof value === "object" ? Object.entries(value) : undefined;
  if (members !== undefined && members.length > 0)
    return members.flatMap(([name, member]) => listValue(member as Serializable, `${input}.${name}`));
  // That there is nothing is no secret.
  const told = members === undefined ? toldValue(value, input) : canonicalJson(value);
  return [{ input, ...(told !== undefined && { value: told }) }];
}

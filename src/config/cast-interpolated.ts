import { segmentsOf } from "../document/locate.ts";
import type { Serializable } from "../model/serializable.ts";
import type { Interpolation } from "./interpolate.ts";
import { findSchemaErrors, type SchemaError } from "./validate.ts";

/**
 * `port: ${PORT}` gives a text, where the schema wants a number: as docker compose does, a text that came out of a
 * variable is read as the type that its key asks for.
 */
export function castInterpolated({ value, changed }: Interpolation): Serializable {
  if (changed.size === 0) return value;
  const castable = findSchemaErrors(value).filter(
    (error) => error.keyword === "type" && changed.has(error.instancePath),
  );
  return castable.reduce<Serializable>(castOne, value);
}

function castOne(value: Serializable, error: SchemaError): Serializable {
  const cast = readAs(error.params.type, String(error.data));
  return cast === undefined ? value : replaceAt(value, segmentsOf(error.instancePath), cast);
}

function readAs(type: unknown, text: string): Serializable | undefined {
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  const isNumber = type === "integer" || type === "number";
  return isNumber && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function replaceAt(
  value: Serializable,
  [segment, ...rest]: readonly string[],
  replacement: Serializable,
): Serializable {
  if (segment === undefined || value === null || typeof value !== "object") return replacement;
  if (Array.isArray(value))
    return value.map((item, index) =>
      String(index) === segment ? replaceAt(item, rest, replacement) : item,
    );
  const members = Object.entries(value).map(([key, member]) => [
    key,
    key === segment ? replaceAt(member, rest, replacement) : member,
  ]);
  return Object.fromEntries(members);
}

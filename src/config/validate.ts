import type { ErrorObject } from "ajv";
import type { ConfigFile } from "../model/config.generated.ts";
import type { Serializable } from "../model/serializable.ts";
import { validate } from "./validator.generated.js";

/** One mistake as Ajv tells it: the keyword that failed, where, and the schema around it. */
export type SchemaError = ErrorObject;

/** Ajv's own remarks on unions, and those that only repeat another error. */
const silentKeywords = new Set(["if", "propertyNames", "oneOf"]);

/** All mistakes of a value against the schema, one for each thing that is wrong; none if it is a `ConfigFile`. */
export function findSchemaErrors(value: Serializable): readonly SchemaError[] {
  if (isConfigFile(value)) return [];
  const errors = (validate.errors ?? []).filter((error) => !silentKeywords.has(error.keyword));
  return errors.filter((error) => !errors.some((other) => hides(other, error)));
}

function isConfigFile(value: unknown): value is ConfigFile {
  return validate(value);
}

/** A union tells the wrong type with all its types, and once more in its last branch; a missing `type` is told twice. */
function hides(other: SchemaError, error: SchemaError): boolean {
  if (other === error || other.instancePath !== error.instancePath) return false;
  if (error.keyword === "type")
    return (
      other.keyword === "type" &&
      other.params.type.length > 1 &&
      typeof error.params.type === "string" &&
      Array.isArray(other.params.type)
    );
  return (
    error.keyword === "discriminator" && error.params.tagValue === undefined && other.keyword === "required"
  );
}

import {
  Ajv2020,
  type ErrorObject,
  MissingRefError,
  type Options,
  type ValidateFunction,
} from "ajv/dist/2020.js";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import { placeBelow, placeIn, showValue } from "./place.ts";
import { withinTime } from "./within-time.ts";

/** What is wrong in a schema, at a JSON pointer of it; one that only has no effect is a warning. */
export type SchemaFault = {
  readonly severity: "error" | "warning";
  readonly pointer: string;
  readonly message: string;
  readonly hint?: string;
};

/**
 * What of a value does not fit, at its place. `late`: that takes too long to find out; `endless`: the schema leads back
 * to itself and to the same value.
 */
export type SchemaVerdict = { readonly faults: readonly string[] } | "late" | "endless";

export const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** All that is wrong with a schema by itself: what it says is no JSON Schema, or leads out of it. */
export function findSchemaFaults(schema: SerializableRecord): readonly SchemaFault[] {
  const foreign = findForeignDialect(schema);
  if (foreign.length > 0) return foreign;
  const unknown: string[] = [];
  const found = withinTime(() => {
    const ajv = createAjv({});
    ajv.validateSchema(schema);
    const errors = [
      ...wordMetaErrors(ajv.errors ?? [], schema),
      ...findBadPatterns(schema),
      ...findAsync(schema),
      ...findLooseReferences(schema),
    ];
    return errors.length > 0 ? errors : compileFaults(schema, (keyword) => unknown.push(keyword));
  });
  return [
    ...(found ?? [at("", "it takes too long to read")]),
    ...wordUnknown(unknown, schema),
    ...warnOfFormat(schema),
  ];
}

/** Compares values with a schema; `placeOf` says where in the answer a value below them stands. */
export type CompareWithSchema = (
  value: Serializable,
  placeOf: (segments: readonly string[]) => string,
) => SchemaVerdict;

/** Makes ready a schema that has no faults. */
export function compileSchema(schema: SerializableRecord): CompareWithSchema {
  return compareBy(createAjv(CHECKED).compile(schema));
}

/** Makes ready a schema of which nothing is known but that it is one, or says why that cannot be done. */
export function compileForeignSchema(
  schema: SerializableRecord,
): { readonly compare: CompareWithSchema } | { readonly reason: string } {
  const [fault] = withinTime(() => compileFaults(schema, () => {})) ?? [at("", "it takes too long to read")];
  return fault === undefined ? { compare: compileSchema(schema) } : { reason: wordAt(fault, schema) };
}

/** Makes ready a schema of what has schemas in it: it may refer to that of JSON Schema, and tells each place once. */
export function compileMetaSchema(schema: SerializableRecord): CompareWithSchema {
  return compareBy(createAjv({ validateSchema: false }).compile(schema), deepestOf);
}

function compareBy(
  validate: ValidateFunction,
  choose = (errors: readonly ErrorObject[]) => errors,
): CompareWithSchema {
  return (value, placeOf) => {
    const errors = errorsIn(validate, value);
    if (errors === undefined) return "late";
    if (errors === "endless") return errors;
    const told = choose(errors.filter(({ keyword }) => !REPEATING.has(keyword)));
    const words = told.map((error) => wordError(error, placeOf(segmentsOf(error.instancePath))));
    return { faults: [...new Set(words)] };
  };
}

/** Undefined where it takes too long. */
function errorsIn(
  validate: ValidateFunction,
  value: Serializable,
): readonly ErrorObject[] | "endless" | undefined {
  try {
    return withinTime(() => (validate(value) ? [] : (validate.errors ?? [])));
  } catch (error) {
    // Answers have few levels: what fills the stack is the schema.
    if ((error as Error).name === "RangeError") return "endless";
    throw error;
  }
}

/** Of a schema that was looked at: to read the one of all schemas takes a tenth of a second. */
const CHECKED = { meta: false, validateSchema: false };

/** What only says that something below it is wrong, which is told already. */
const REPEATING: ReadonlySet<string> = new Set(["if"]);

function createAjv(options: Options, onUnknown: (keyword: string) => void = () => {}): Ajv2020 {
  const note = (message: unknown) => {
    const [, keyword] = /unknown keyword: "(.*)"$/.exec(String(message)) ?? [];
    if (keyword !== undefined) onUnknown(keyword);
  };
  return new Ajv2020({
    ...options,
    allErrors: true,
    verbose: true,
    strict: false,
    strictSchema: "log",
    validateFormats: false,
    logger: { log: note, warn: note, error: note },
  });
}

function findForeignDialect({ $schema }: SerializableRecord): readonly SchemaFault[] {
  if ($schema === undefined || $schema === DIALECT || $schema === `${DIALECT}#`) return [];
  return [
    at("/$schema", `the schema is written in ${showValue($schema)}, which is not supported`, {
      hint: `write \`"$schema": "${DIALECT}"\``,
    }),
  ];
}

function wordMetaErrors(errors: readonly ErrorObject[], schema: SerializableRecord): readonly SchemaFault[] {
  return deepestOf(errors).map((error) => {
    const segments = segmentsOf(error.instancePath);
    const subject = segments.length === 0 ? "the schema" : `\`${segments.at(-1)}\``;
    return at(
      error.instancePath,
      `${subject} ${wordRule(error)}, not ${showValue(valueAt(schema, segments))}`,
    );
  });
}

/** One value of each type. */
const TRIED: readonly Serializable[] = [null, {}, [], true, 0, ""];

/** Each place once, and no place that is only wrong because of one below it. */
function deepestOf(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const above = new Set(errors.flatMap(({ instancePath }) => placesAbove(instancePath)));
  const deepest = errors.filter(({ instancePath }) => !above.has(instancePath));
  return [...new Map(deepest.toReversed().map((error) => [error.instancePath, error])).values()];
}

function placesAbove(pointer: string): readonly string[] {
  const parts = pointer.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

function compileFaults(
  schema: SerializableRecord,
  onUnknown: (keyword: string) => void,
): readonly SchemaFault[] {
  try {
    const validate = createAjv(CHECKED, onUnknown).compile(schema);
    const isEndless = TRIED.some((value) => errorsIn(validate, value) === "endless");
    return isEndless ? [wordEndless(schema)] : [];
  } catch (error) {
    if (error instanceof MissingRefError) return [wordMissing(error, schema)];
    return [at("", `the schema cannot be used: ${(error as Error).message}`)];
  }
}

function referencesOf(schema: SerializableRecord): readonly Member[] {
  return membersOf(schema, "").filter(
    ({ key, value }) => /^\$(?:dynamicR|recursiveR|r)ef$/.test(key) && typeof value === "string",
  );
}

function wordEndless(schema: SerializableRecord): SchemaFault {
  const [reference, ...others] = referencesOf(schema);
  if (reference === undefined || others.length > 0)
    return at("", "the schema's references form a loop that never reaches a part of the answer");
  return at(
    reference.pointer,
    `\`${reference.value}\` leads back to itself, and never reaches a part of the answer`,
  );
}

/** Ajv takes these for references to the whole schema. */
function findLooseReferences(schema: SerializableRecord): readonly SchemaFault[] {
  const anchors = membersOf(schema, "").filter(({ key }) => key === "$dynamicAnchor");
  return referencesOf(schema)
    .filter(({ key, value }) => key === "$dynamicRef" && /^#./.test(String(value)))
    .filter(({ value }) => !anchors.some((anchor) => `#${anchor.value}` === value))
    .map(({ pointer, value }) =>
      at(pointer, `\`${value}\` matches no \`$dynamicAnchor\` in the schema`, {
        hint: "write `$ref` instead, or add the anchor",
      }),
    );
}

/** No keyword of JSON Schema: Ajv's answer would come later, and nobody waits for it. */
function findAsync(schema: SerializableRecord): readonly SchemaFault[] {
  return membersOf(schema, "")
    .filter(({ key }) => key === "$async")
    .map(({ pointer }) => at(pointer, "`$async` is not a keyword of JSON Schema", { hint: "remove it" }));
}

/** Everybody takes it for a rule. */
function warnOfFormat(schema: SerializableRecord): readonly SchemaFault[] {
  const format = membersOf(schema, "").find(({ key }) => key === "format");
  if (format === undefined) return [];
  const hint = "write a `pattern` instead, which is checked";
  return [
    {
      severity: "warning",
      pointer: format.pointer,
      message: "`format` is not checked, and has no effect",
      hint,
    },
  ];
}

function wordMissing({ missingRef }: MissingRefError, schema: SerializableRecord): SchemaFault {
  const references = referencesOf(schema);
  const found =
    references.find(({ value }) => value === missingRef) ??
    references.find(({ value }) => missingRef.endsWith(String(value).replace(/^\.\//, "")));
  const reference = String(found?.value ?? missingRef);
  return at(found?.pointer ?? "", `\`${reference}\` does not exist in the schema`, {
    ...(!reference.startsWith("#") && {
      hint: "no other file or URL is read: put the definition below `$defs`, and write `#/$defs/NAME`",
    }),
  });
}

/** What leads to nothing in a document that has schemas in it, or out of it; by names of its own it may lead anywhere. */
export function findBrokenReferences(document: SerializableRecord): readonly SchemaFault[] {
  const members = membersOf(document, "");
  if (members.some(({ key }) => key === "$id")) return [];
  return members.flatMap(({ pointer, key, value }) => {
    if (key !== "$ref" || typeof value !== "string" || /^#(?!\/)/.test(value)) return [];
    if (resolvePointer(document, value) !== undefined) return [];
    return at(pointer, `\`${value}\` does not exist in the document`);
  });
}

/** What a reference such as `#/components/schemas/Row` names in its document. */
export function resolvePointer(document: SerializableRecord, reference: string): Serializable | undefined {
  if (!reference.startsWith("#/")) return undefined;
  return segmentsOf(unescapeUri(reference)).reduce<Serializable | undefined>(
    (node, name) =>
      node !== null && typeof node === "object" && Object.hasOwn(node, name)
        ? (node as SerializableRecord)[name]
        : undefined,
    document,
  );
}

function unescapeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A fault with its place, as a value that was compared has it. */
export function wordAt({ pointer, message }: SchemaFault, schema: SerializableRecord): string {
  return pointer === "" ? message : `${placeIn(schema, segmentsOf(pointer))}: ${message}`;
}

export function findBadPatterns(schema: SerializableRecord): readonly SchemaFault[] {
  return membersOf(schema, "").flatMap(({ pointer, key, value }) => {
    if (key === "pattern" && typeof value === "string") return wordPattern(value, pointer);
    if (key !== "patternProperties" || !isRecord(value)) return [];
    return Object.keys(value).flatMap((pattern) => wordPattern(pattern, pointerBelow(pointer, pattern)));
  });
}

function wordPattern(pattern: string, pointer: string): readonly SchemaFault[] {
  try {
    new RegExp(pattern, "u");
    return [];
  } catch (error) {
    const reason = (error as Error).message.replace(/^Invalid regular expression: .*: /s, "");
    return [at(pointer, `\`${pattern}\` is not a regular expression: ${reason}`)];
  }
}

/** A misspelt keyword asks for nothing, and the answer fits whatever it is. */
function wordUnknown(keywords: readonly string[], schema: SerializableRecord): readonly SchemaFault[] {
  return [...new Set(keywords)]
    .filter((keyword) => !keyword.startsWith("x-"))
    .map((keyword) => ({
      severity: "warning",
      pointer: membersOf(schema, "").find(({ key }) => key === keyword)?.pointer ?? "",
      message: `\`${keyword}\` is not a keyword of JSON Schema, and has no effect`,
    }));
}

function at(pointer: string, message: string, more: { readonly hint?: string } = {}): SchemaFault {
  return { severity: "error", pointer, message, ...more };
}

function wordError(error: ErrorObject, place: string): string {
  const { keyword, params } = error;
  if (keyword === "required") return `${placeBelow(place, params.missingProperty)}: is missing`;
  if (keyword === "additionalProperties")
    return `${placeBelow(place, params.additionalProperty)}: not expected by the schema`;
  if (keyword === "unevaluatedProperties")
    return `${placeBelow(place, params.unevaluatedProperty)}: not expected by the schema`;
  return `${place}: ${wordRule(error)}, got ${showValue(error.data as Serializable)}`;
}

function wordRule({ keyword, params, message = "does not fit" }: ErrorObject): string {
  if (keyword === "enum") return `must be one of ${params.allowedValues.map(showValue).join(", ")}`;
  if (keyword === "const") return `must be ${showValue(params.allowedValue)}`;
  return keyword === "type" ? `must be ${[params.type].flat().join(" or ")}` : message;
}

type Member = { readonly pointer: string; readonly key: string; readonly value: Serializable };

/** Whose members are called as the author likes. */
const NAMED: ReadonlySet<string> = new Set(["$defs", "dependentSchemas", "patternProperties", "properties"]);

/** What stands below these is a value, and no schema. */
const VALUES: ReadonlySet<string> = new Set(["const", "default", "enum", "example", "examples"]);

/** Every keyword of a schema and of those below it, the outer ones first. */
function membersOf(value: Serializable, pointer: string, isNamed = false): readonly Member[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const place = pointerBelow(pointer, key);
    if (isNamed) return membersOf(member, place);
    const below = VALUES.has(key) ? [] : membersOf(member, place, NAMED.has(key));
    return [{ pointer: place, key, value: member }, ...below];
  });
}

function pointerBelow(pointer: string, segment: string): string {
  return `${pointer}/${segment.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function segmentsOf(pointer: string): readonly string[] {
  const segments = pointer.split("/").slice(1);
  return segments.map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function valueAt(value: Serializable, segments: readonly string[]): Serializable | undefined {
  return segments.reduce<Serializable | undefined>(
    (node, segment) => (node as SerializableRecord | undefined)?.[segment],
    value,
  );
}

function isRecord(value: Serializable): value is SerializableRecord {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

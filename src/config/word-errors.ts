import { locate, pointerTo } from "../document/locate.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import type { Serializable } from "../model/serializable.ts";
import type { Location } from "../model/text-range.ts";
import { nearest } from "./nearest.ts";
import type { SchemaError } from "./validate.ts";
import { suggestText, wordBadText } from "./word-bad-text.ts";
import { wordWrongType } from "./word-wrong-type.ts";
import { describeValue, listed, pathName, quoted, subjectOf, type Wording } from "./words.ts";

/** What the schema says of one object of a union: the key that decides for it, those of all, and the keys of the others. */
type Branch = {
  readonly decider: string;
  readonly deciders: readonly string[];
  readonly others: readonly string[];
};

/** Mistakes against the schema in people's words, at their places in the file; what only follows from another is left out. */
export function wordErrors(document: Document, errors: readonly SchemaError[]): readonly Diagnostic[] {
  const misspelt = new Set(errors.flatMap((error) => meantKey(error) ?? []));
  const told = errors.filter((error) => !misspelt.has(missingKey(error) ?? ""));
  return told.flatMap((error) => wordError(document, error) ?? []);
}

function wordError(document: Document, error: SchemaError): Diagnostic | undefined {
  const wording = wordByKeyword[error.keyword]?.(error, document);
  if (wording === undefined) return undefined;
  const { code, message, hint, beside } = wording;
  const path = pointerOf(error);
  const location = placeOf(document, error);
  return errorDiagnostic(code, message, {
    location,
    path,
    ...(beside !== undefined && {
      related: [
        {
          message: "given here",
          location: locate(document, pointerTo(error.instancePath, beside), "key"),
        },
      ],
    }),
    ...(hint !== undefined && { hint }),
  });
}

/** The pointer of the key that an unknown one is a misspelling of. */
function meantKey(error: SchemaError): string | undefined {
  if (error.keyword !== "additionalProperties") return undefined;
  const near = nearest(
    String(error.params.additionalProperty),
    Object.keys(error.parentSchema?.properties ?? {}),
  );
  return near === undefined ? undefined : pointerTo(error.instancePath, near);
}

function missingKey(error: SchemaError): string | undefined {
  return error.keyword === "required"
    ? pointerTo(error.instancePath, error.params.missingProperty)
    : undefined;
}

/** A missing key is told at the key of its mapping, or else where the mapping begins. */
function placeOf(document: Document, error: SchemaError): Location {
  const pointer = pointerOf(error);
  const place = locate(document, pointer, isAboutKey(error) ? "key" : "value");
  if (error.keyword !== "required" || document.ranges.get(pointer)?.key !== undefined) return place;
  return { file: place.file, range: { start: place.range.start, end: place.range.start } };
}

/** The pointer of what is wrong: for an unknown key that of the key, for a missing one that of the mapping. */
export function pointerOf(error: SchemaError): string {
  const key = error.propertyName ?? error.params.additionalProperty ?? error.params.tag;
  return key === undefined ? error.instancePath : pointerTo(error.instancePath, key);
}

function isAboutKey(error: SchemaError): boolean {
  return error.propertyName !== undefined || ["additionalProperties", "required"].includes(error.keyword);
}

const wordByKeyword: Readonly<
  Record<string, (error: SchemaError, document: Document) => Wording | undefined>
> = {
  additionalProperties: wordUnknownKey,
  required: wordMissingKey,
  type: wordWrongType,
  pattern: (error) => ({
    code: "config/bad-value",
    message: wordBadText(subjectOf(error), error),
    hint: suggestText(error),
  }),
  enum: (error) => wordUnknownValue(error, error.params.allowedValues),
  const: (error) => wordUnknownValue(error, [error.params.allowedValue]),
  discriminator: wordDiscriminator,
  minimum: wordLimit,
  maximum: wordLimit,
  exclusiveMaximum: wordLimit,
  minItems: (error) => ({
    code: "config/bad-value",
    message: `${subjectOf(error)} must have at least one item`,
    hint: "add an item, or remove the key",
  }),
  minProperties: (error) => ({
    code: "config/bad-value",
    message: `${subjectOf(error)} must have at least one key`,
    hint: "add a key below it, or remove it",
  }),
};

function wordUnknownKey(error: SchemaError): Wording | undefined {
  const key = String(error.params.additionalProperty);
  const branch: Branch | undefined = error.parentSchema?.["x-branch"];
  if (branch?.others.includes(key)) return wordConflict(error, key, branch);
  const known = [...Object.keys(error.parentSchema?.properties ?? {}), ...(branch?.others ?? [])];
  const near = nearest(key, known);
  const where = error.instancePath === "" ? "" : ` in \`${pathName(error.instancePath)}\``;
  const hint = near === undefined ? `the keys here are ${listed(known, "and")}` : `did you mean \`${near}\`?`;
  return { code: "config/unknown-key", message: `unknown key ${quoted(key)}${where}`, hint };
}

/** Where the deciding key is missing as well, that is said already. */
function wordConflict(error: SchemaError, key: string, { decider }: Branch): Wording | undefined {
  const value = (error.data as Record<string, unknown>)[decider];
  if (value === undefined) return undefined;
  const beside = decider === "type" ? `type: ${value}` : decider;
  return {
    code: "config/conflicting-keys",
    message: `\`${key}\` cannot be used with \`${beside}\``,
    hint: "keep one of them, and remove the other",
    beside: decider,
  };
}

function wordMissingKey(error: SchemaError): Wording {
  const branch: Branch | undefined = error.parentSchema?.["x-branch"];
  const missing = String(error.params.missingProperty);
  const keys = branch?.decider === missing ? [...new Set(branch.deciders)] : [missing];
  const subject = error.instancePath === "" ? "the file" : subjectOf(error);
  const where = error.instancePath === "" ? "to the file" : "here";
  const hint = `add ${listed(
    keys.map((key) => `${key}: ...`),
    "or",
  )} ${where}`;
  return { code: "config/missing-key", message: `${subject} needs ${listed(keys, "or")}`, hint };
}

function wordUnknownValue(error: SchemaError, allowed: readonly unknown[]): Wording {
  const words = allowed.map(String);
  const near = typeof error.data === "string" ? nearest(error.data, words) : undefined;
  const message = `${subjectOf(error)} must be ${listed(words, "or")}, not ${describeValue(error.data as Serializable)}`;
  return { code: "config/unknown-value", message, hint: near && `did you mean \`${near}\`?` };
}

function wordDiscriminator(error: SchemaError): Wording {
  const branches: readonly { readonly properties: Record<string, { readonly const: string }> }[] =
    error.parentSchema?.oneOf;
  const allowed = branches.map((branch) => branch.properties[error.params.tag]?.const);
  return wordUnknownValue({ ...error, instancePath: pointerOf(error), data: error.params.tagValue }, allowed);
}

const BOUNDS: Readonly<Record<string, string>> = {
  minimum: "at least",
  maximum: "at most",
  exclusiveMaximum: "less than",
};

function wordLimit(error: SchemaError): Wording {
  const message = `${subjectOf(error)} must be ${BOUNDS[error.keyword]} ${error.params.limit}, not ${error.data}`;
  return { code: "config/bad-value", message };
}

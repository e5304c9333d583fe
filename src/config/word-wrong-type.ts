import { locate } from "../document/locate.ts";
import type { Document } from "../model/document.ts";
import type { Serializable } from "../model/serializable.ts";
import type { SchemaError } from "./validate.ts";
import { describeValue, quoted, subjectOf, typeName, type Wording } from "./words.ts";

/** Says what is wanted and what is there, and where quotes would do, how to write them. */
export function wordWrongType(error: SchemaError, document: Document): Wording {
  const code = "config/wrong-type";
  const subject = subjectOf(error);
  const type = typeName(error.params.type);
  if (error.data === null)
    return {
      code,
      message: `${subject} has no value`,
      hint: `write ${type} after the colon, or remove the key`,
    };
  const written = writtenAt(document, error);
  const not = `not ${describeWritten(error.data, written)}`;
  if (isUnquoted(error, written)) {
    return {
      code,
      message: `${subject} must be ${type}, ${not}`,
      hint: `put it in quotes: \`"${written}"\``,
    };
  }
  const looks: string | undefined = error.parentSchema?.patternErrorMessage;
  const expected = typeof error.data === "object" || looks === undefined ? `must be ${type}` : looks;
  return { code, message: `${subject} ${expected}, ${not}`, hint: hintFor(error, written) };
}

function hintFor(error: SchemaError, written: string): string | undefined {
  const { params, data } = error;
  const wanted = [params.type].flat();
  if (wanted.includes("array") && typeof data !== "object" && written.length <= 60)
    return `write it as a list: \`[${written}]\``;
  if (wanted.includes("object"))
    return Array.isArray(data)
      ? "remove the `-`, and write `key: value`"
      : "write `{key: value}` in its place";
  if (/^(?:integer|number)$/.test(wanted.join()) && typeof data === "string" && /^\d+$/.test(data))
    return `remove the quotes: \`${data}\``;
  return hintForBoolean(error);
}

function hintForBoolean({ params, data }: SchemaError): string | undefined {
  const isMeant = params.type === "boolean" && /^(yes|no|on|off)$/i.test(String(data));
  return isMeant ? "write `true` or `false`: YAML 1.2 has no other words for them" : undefined;
}

/** Whether quotes would make the text that is wanted of a number or a boolean. */
function isUnquoted({ params, data, parentSchema }: SchemaError, written: string): boolean {
  const isScalar = typeof data === "number" || typeof data === "boolean";
  return isScalar && params.type === "string" && new RegExp(parentSchema?.pattern ?? "", "u").test(written);
}

function describeWritten(data: unknown, written: string): string {
  if (typeof data === "string") return `the string ${quoted(data)}`;
  return typeof data === "number" ? `the number \`${written}\`` : describeValue(data as Serializable);
}

/** A number as it is written: `1.20` is not `1.2`. A value that was put over the file's own is not written there. */
function writtenAt(document: Document, { instancePath, data }: SchemaError): string {
  const { file, range } = locate(document, instancePath);
  const written = file.text.slice(range.start, range.end);
  return typeof data === "number" && Number(written) === data ? written : String(data);
}

import { maskLogins } from "../model/mask-logins.ts";
import type { SchemaError } from "./validate.ts";
import { quoted } from "./words.ts";

type Reason = { readonly pattern: string; readonly message: string };

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Something near the text that the pattern allows, to type instead of it; undefined where nothing simple would do. */
export function suggestText({ data, parentSchema, propertyName }: SchemaError): string | undefined {
  const text = String(propertyName ?? data);
  const pattern = parentSchema?.pattern;
  // What is no plain text was meant otherwise, or badly: nothing is made of it.
  const isPlain = /^[\p{L}\d ._][\p{L}\p{M}\d ._:/\\-]{0,59}$/u.test(text) && maskLogins(text) === text;
  if (pattern === undefined || !isPlain) return undefined;
  const isAllowed = new RegExp(pattern, "u");
  const fitting = nearTexts(text).find((near) => near !== text && isAllowed.test(near));
  return fitting === undefined ? undefined : `did you mean \`${fitting}\`?`;
}

function nearTexts(text: string): readonly string[] {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").trim();
  const joined = (separator: string) =>
    plain
      .replace(/[^A-Za-z0-9._-]+/g, separator)
      .replace(/[._-]{2,}/g, separator)
      .replace(/^[._-]+|[._-]+$/g, "");
  return [
    text.trim(),
    text.trim().toLowerCase(),
    ...(/^\d+$/.test(plain) ? [`${plain}s`] : []),
    text.replace(/^http:/, "https:"),
    ...(/^[a-z][a-z/]*$/.test(text) ? [`/${text}`] : []),
    ...(text.includes(" ") ? [] : [text.replaceAll("\\", "/")]),
    ...(/[:/\\]/.test(text)
      ? []
      : [joined("-"), joined("-").toLowerCase(), joined("_").replace(/[.-]/g, "_")]),
  ].filter((near) => near.length > 1);
}

/** Why a text does not match its pattern: the first of the schema's reasons that fits, else what it should look like. */
export function wordBadText(subject: string, error: SchemaError): string {
  const text = String(error.data);
  if (/[\n\r\u0085\u2028\u2029]/.test(text)) return `${subject} must not contain a line break`;
  if (controlCharacter.test(text)) return `${subject} must not contain a control character`;
  const reasons: readonly Reason[] = error.parentSchema?.["x-reasons"] ?? [];
  const reason = reasons.find((candidate) => new RegExp(candidate.pattern, "u").test(text));
  if (reason !== undefined) return `${subject} ${reason.message}`;
  if (error.propertyName !== undefined) return `${subject} ${error.parentSchema?.patternErrorMessage}`;
  return `${subject} ${error.parentSchema?.patternErrorMessage}, not ${quoted(text)}`;
}

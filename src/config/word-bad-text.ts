import type { SchemaError } from "./validate.ts";
import { quoted } from "./words.ts";

type Reason = { readonly pattern: string; readonly message: string };

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Why a text does not match its pattern: the first of the schema's reasons that fits, else what it should look like. */
export function wordBadText(subject: string, error: SchemaError): string {
  const text = String(error.data);
  if (/[\n\r\u0085\u2028\u2029]/.test(text)) return `${subject} must not hold a line break`;
  if (controlCharacter.test(text)) return `${subject} must not hold a control character`;
  const reasons: readonly Reason[] = error.parentSchema?.["x-reasons"] ?? [];
  const reason = reasons.find((candidate) => new RegExp(candidate.pattern, "u").test(text));
  if (reason !== undefined) return `${subject} ${reason.message}`;
  if (error.propertyName !== undefined) return `${subject} ${error.parentSchema?.patternErrorMessage}`;
  return `${subject} ${error.parentSchema?.patternErrorMessage}, not ${quoted(text)}`;
}

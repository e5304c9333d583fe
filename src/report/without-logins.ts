import type { Diagnostic } from "../model/diagnostic.ts";
import { maskLogins } from "../model/mask-logins.ts";
import type { Serializable } from "../model/serializable.ts";

/** A diagnostic as it may be shown: a log is for more people to read than a password. */
export function withoutLogins(diagnostic: Diagnostic): Diagnostic {
  const { message, hint, related, excerpt, details } = diagnostic;
  return {
    ...diagnostic,
    message: maskLogins(message),
    ...(hint !== undefined && { hint: maskLogins(hint) }),
    ...(related && { related: related.map((one) => ({ ...one, message: maskLogins(one.message) })) }),
    ...(excerpt && { excerpt: excerpt.map((line) => maskLogins(line)) }),
    ...(details && { details: maskTexts(details) }),
  };
}

function maskTexts<Value extends Serializable>(value: Value): Value;
function maskTexts(value: Serializable): Serializable {
  if (typeof value === "string") return maskLogins(value);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item: Serializable) => maskTexts(item));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, maskTexts(member)]));
}

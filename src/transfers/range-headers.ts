import type { Span } from "../model/place.ts";

/** The headers that ask for a part of what was begun, and for all of it where that is another by now (RFC 9110, section 13.1.5). */
export function rangeHeaders(
  span: Span | undefined,
  validator: string | undefined,
): Readonly<Record<string, string>> {
  if (span === undefined) return {};
  const last = span.end === undefined ? "" : String(span.end - 1);
  return { range: `bytes=${span.start}-${last}`, ...(validator !== undefined && { "if-range": validator }) };
}

import type { Diagnostic as PlainDiagnostic, RelatedPlace } from "../model/api.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { type Location, positionAt } from "../model/text-range.ts";
import { withoutLogins } from "./without-logins.ts";

/** A diagnostic as plain data: places as one-based lines and columns, and only the members that it has. */
export function diagnosticToJson(diagnostic: Diagnostic): PlainDiagnostic {
  const shown = withoutLogins(diagnostic);
  const { code, severity, message, location, path, hint, excerpt, details } = shown;
  const related = shown.related?.map((place) => ({
    message: place.message,
    ...placeToJson(place.location),
  }));
  return {
    code,
    severity,
    message,
    ...(location && placeToJson(location)),
    ...(path !== undefined && { path }),
    ...(hint !== undefined && { hint }),
    ...(related && { related }),
    ...(excerpt && { excerpt }),
    ...(details && { details }),
  };
}

function placeToJson({ file, range }: Location): Omit<RelatedPlace, "message"> {
  const start = positionAt(file.text, range.start);
  const end = positionAt(file.text, range.end);
  return {
    file: file.path,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
  };
}

import type { SerializableRecord } from "./serializable.ts";
import type { Location } from "./text-range.ts";

/**
 * One thing a person should know about what they gave us: a mistake in a file, an image that does not exist.
 *
 * `code` is stable, never reused and namespaced by the folder that declares it (`config/unknown-key`).
 * `message` is one fact: lower-case start, no final period, backticks around code.
 * `path` is the JSON pointer of the value in the configuration file, where there is one.
 * `excerpt` holds lines of somebody else's output that show the reason (a container's log, a RUN step's last lines).
 */
export type Diagnostic = {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly location?: Location;
  readonly path?: string;
  readonly related?: readonly { readonly message: string; readonly location: Location }[];
  readonly hint?: string;
  readonly excerpt?: readonly string[];
  readonly details?: SerializableRecord;
};

/** An error diagnostic; `details` and the rest are optional. */
export function errorDiagnostic(
  code: string,
  message: string,
  more: Omit<Partial<Diagnostic>, "code" | "message" | "severity"> = {},
): Diagnostic {
  return { code, severity: "error", message, ...more };
}

/** A warning diagnostic: told, but nothing stops for it. */
export function warningDiagnostic(
  code: string,
  message: string,
  more: Omit<Partial<Diagnostic>, "code" | "message" | "severity"> = {},
): Diagnostic {
  return { code, severity: "warning", message, ...more };
}

import type { Diagnostic } from "./diagnostic.ts";

/**
 * What a stage gives back: a value with warnings, or the reasons there is none.
 * What a user did wrong is returned in here; what we did wrong is thrown.
 */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export function succeed<T>(value: T, warnings: readonly Diagnostic[] = []): Result<T> {
  return { ok: true, value, warnings };
}

export function fail<T = never>(...diagnostics: readonly Diagnostic[]): Result<T> {
  return { ok: false, diagnostics };
}

/** All the values, or all the diagnostics of those that failed. */
export function combine<T>(results: readonly Result<T>[]): Result<readonly T[]> {
  const diagnostics = results.flatMap((result) => (result.ok ? [] : result.diagnostics));
  if (diagnostics.length > 0) return fail(...diagnostics);
  const succeeded = results.flatMap((result) => (result.ok ? [result] : []));
  return succeed(
    succeeded.map((result) => result.value),
    succeeded.flatMap((result) => result.warnings),
  );
}

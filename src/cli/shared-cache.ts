import { USUAL_PATIENCE_MS, whileMoving } from "../caches/shared/patience.ts";
import { createSharedCache, type SharedCache } from "../caches/shared/shared-cache.ts";
import { SharedPlaceFault } from "../caches/shared/shared-place.ts";
import type { Cache } from "../model/cache.ts";
import { type Diagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import { digestOf } from "../model/digest.ts";
import type { Host } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { ContentStore } from "../model/source.ts";
import { readSettings } from "./shared-cache-settings.ts";

export type OpenOptions = {
  readonly host: Host;
  readonly workingDirectory: string;
  readonly local: Cache;
  readonly store: ContentStore;
  readonly warn: (diagnostic: Diagnostic) => void;
  readonly signal: AbortSignal;
};

/**
 * The cache that the environment names; undefined where it names none.
 * Warnings: `cli/shared-cache-unsigned`. The errors are those of `readSettings`.
 */
export async function openSharedCache(options: OpenOptions): Promise<Result<SharedCache | undefined>> {
  const { host, local, store, warn, signal } = options;
  const settings = await readSettings(options);
  if (settings === undefined || !settings.ok) return settings ?? succeed(undefined);
  const { place, isWritten, signingKey, trustedKeys } = settings.value;
  const cache = createSharedCache({
    local,
    place,
    store,
    files: host.files,
    clock: host.clock,
    isWritten,
    ...(signingKey !== undefined && { signingKey }),
    trustedKeys: signingKey === undefined ? trustedKeys : [signingKey, ...trustedKeys],
    warn,
    signal,
  });
  if (isWritten && signingKey === undefined && trustedKeys.length > 0) warn(wordUnsigned());
  return succeed(cache);
}

/**
 * Asks the place that the environment names for something that nobody has: whether it is there and lets us read.
 * Gives what it is, in words; undefined where there is none.
 */
export async function checkSharedCache(
  options: Pick<OpenOptions, "host" | "workingDirectory" | "signal">,
): Promise<Result<string | undefined>> {
  const { host, signal } = options;
  const settings = await readSettings(options);
  if (settings === undefined || !settings.ok) return settings ?? succeed(undefined);
  const { place, isWritten } = settings.value;
  const { name } = place;
  try {
    await whileMoving(USUAL_PATIENCE_MS.answer, { clock: host.clock, signal }, (waiting) =>
      place.read("ac", digestOf("nothing"), waiting),
    );
    return succeed(`${name} answers; runs read it${isWritten ? ", and write to it" : ""}`);
  } catch (error) {
    if (!(error instanceof SharedPlaceFault)) throw error;
    const hint = "check the address and the login, or unset `MLPACKAGE_SHARED_CACHE`; runs go on without it";
    const message = `the shared cache ${name} does not work: ${error.message}`;
    return fail(warningDiagnostic("doctor/shared-cache", message, { hint }));
  }
}

/** This very machine would not take back what it uploads. */
function wordUnsigned(): Diagnostic {
  return warningDiagnostic(
    "cli/shared-cache-unsigned",
    "uploads to the shared cache are not signed, but only signed records are trusted",
    { hint: "set `MLPACKAGE_SHARED_CACHE_SIGNING_KEY` to the path of a private key" },
  );
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

export type Tried = {
  /** So many attempts in a row have failed. */
  readonly attempts: number;
  /** Milliseconds that the other side asked to be left alone for. */
  readonly askedMs: number;
  /** From 0 to 1. */
  readonly chance: number;
};

/**
 * Milliseconds to wait before the next attempt: twice as long each time, half of it by chance, so that many clients do
 * not come back together; never sooner than the other side asked for, up to half a minute.
 */
export function pauseAfter({ attempts, askedMs, chance }: Tried): number {
  const backoffMs = FIRST_PAUSE_MS * 2 ** (attempts - 1) * (0.5 + chance / 2);
  return Math.min(Math.max(backoffMs, askedMs), LONGEST_PAUSE_MS);
}

/** Codes of Node and OpenSSL for a certificate that will be the same next time. */
const CERTIFICATE_FAULT = /^(CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|ERR_TLS_CERT)/;

/** The code of a `NetworkError` where nothing may go out. */
export const OFFLINE = "EOFFLINE";

const LASTING_FAULTS: ReadonlySet<string> = new Set([
  "ENOTFOUND",
  "ABORT_ERR",
  "ERR_INVALID_URL",
  "ERR_INVALID_CHAR",
  "EPROXY",
  "EMSGSIZE",
  OFFLINE,
]);

/** Whether the fault of a `NetworkError`, by its code, will be the same at the next attempt. */
export function isLastingFault(code: string): boolean {
  return LASTING_FAULTS.has(code) || CERTIFICATE_FAULT.test(code);
}

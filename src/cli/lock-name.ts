import { digestOf } from "../model/digest.ts";

/** The name of the lock on anything that can be said in words: a key, a path. */
export function lockName(what: string): string {
  return digestOf(what).slice("sha256:".length);
}

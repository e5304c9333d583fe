import path from "node:path";
import { digestOf } from "../model/digest.ts";
import type { FileStatus, Files } from "../model/host.ts";

/**
 * Small notes of one kind, in a folder of this machine: a file for each name. Whoever follows one must find out
 * whether it is true; a lost one costs no more than that it was never taken. So nothing that goes wrong here is an
 * error, and what cannot be read is not there.
 */
export type Hints = {
  readonly read: (name: string) => Promise<string>;
  readonly status: (name: string) => Promise<FileStatus | undefined>;
  readonly write: (name: string, text: string, mode?: number) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
};

export function createHints(directory: string, kind: string, files: Files): Hints {
  const placeOf = (name: string): string =>
    path.join(directory, kind, digestOf(name).slice("sha256:".length));
  return {
    read: (name) => files.readText(placeOf(name)).catch(() => ""),
    status: (name) => files.status(placeOf(name)).catch(() => undefined),
    write: (name, text, mode) => files.writeAtomically(placeOf(name), text, mode).catch(() => {}),
    remove: (name) => files.remove(placeOf(name)).catch(() => {}),
  };
}

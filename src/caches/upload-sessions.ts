import path from "node:path";
import { type Digest, digestOf } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import type { UploadSessions } from "../model/registry.ts";

/** An address may carry what opens the upload to whoever knows it. */
const PRIVATE = 0o600;

/**
 * Where the uploads to a repository go on, in a folder of this machine: a file of `uploads/` for each, with an address
 * in it. It is a hint, and a lost one costs the bytes of one blob: nothing that goes wrong here is an error.
 */
export function createUploadSessions(directory: string, repository: string, files: Files): UploadSessions {
  const placeOf = (digest: Digest): string =>
    path.join(directory, "uploads", digestOf(`${repository}@${digest}`).slice("sha256:".length));
  return {
    async find(digest) {
      const text = await files.readText(placeOf(digest)).catch(() => "");
      return URL.canParse(text) ? text : undefined;
    },
    note: (digest, place) => files.writeAtomically(placeOf(digest), place, PRIVATE).catch(() => {}),
    forget: (digest) => files.remove(placeOf(digest)).catch(() => {}),
  };
}

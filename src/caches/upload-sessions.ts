import type { Digest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import type { UploadSessions } from "../model/registry.ts";
import { createHints } from "./hints.ts";

/** An address may carry what opens the upload to whoever knows it. */
const PRIVATE = 0o600;

/** Where the uploads to a repository go on: a hint for each blob, with an address in it. */
export function createUploadSessions(directory: string, repository: string, files: Files): UploadSessions {
  const hints = createHints(directory, "uploads", files);
  const nameOf = (digest: Digest): string => `${repository}@${digest}`;
  return {
    async find(digest) {
      const text = await hints.read(nameOf(digest));
      return URL.canParse(text) ? text : undefined;
    },
    note: (digest, place) => hints.write(nameOf(digest), place, PRIVATE),
    forget: (digest) => hints.remove(nameOf(digest)),
  };
}

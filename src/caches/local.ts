import type { Cache, CacheMiss } from "../model/cache.ts";
import type { Digest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import type { StepOutput } from "../model/outcome.ts";
import { recordPlace } from "./places.ts";
import { createQuarantine, type Quarantine } from "./quarantine.ts";
import { readRecord, writeRecord } from "./record.ts";

/** A record's time says when it was last used, to within this: a run that finds everything done writes next to nothing. */
export const USE_NOTED_EVERY_MS = 60 * 60 * 1000;

/**
 * Records of finished steps in a folder of this machine, one file a key: `steps/<two digits>/<digest>.json`.
 * What is damaged goes to the quarantine.
 */
export function createLocalCache(
  directory: string,
  files: Files,
  quarantine: Quarantine = createQuarantine(directory, files, () => {}),
): Cache {
  /** What was damaged stays so until it is made anew, although it lies there no more. */
  const damaged = new Set<Digest>();

  async function find(key: Digest): Promise<StepOutput | CacheMiss> {
    const place = recordPlace(directory, key);
    const text = await readIfThere(place, files);
    if (text === "absent") return text;
    const output = text === "unreadable" ? "damaged" : readRecord(text.content, key);
    if (output === "foreign") return "absent";
    if (output === "damaged") await quarantine.putAside("record", key, place);
    // That it is used is worth knowing, and no more: the folder may be read-only, the record just gone.
    else await files.touch(place, USE_NOTED_EVERY_MS).catch(() => {});
    return output;
  }

  return {
    async get(key) {
      const output = await find(key);
      if (typeof output !== "string") return { output, restore: async () => true };
      if (output === "damaged") damaged.add(key);
      return damaged.has(key) ? "damaged" : output;
    },
    async put(key, output) {
      await files.writeAtomically(recordPlace(directory, key), writeRecord(key, output));
      damaged.delete(key);
    },
  };
}

/** Errors that say something of this one file, and nothing of the disk or of us. */
const UNREADABLE: ReadonlySet<string> = new Set(["EISDIR", "EACCES", "EPERM", "EIO", "ELOOP"]);

async function readIfThere(
  place: string,
  files: Files,
): Promise<{ readonly content: string } | "absent" | "unreadable"> {
  try {
    return { content: await files.readText(place) };
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "absent";
    if (UNREADABLE.has(code)) return "unreadable";
    throw error;
  }
}

import path from "node:path";
import { untilAborted } from "../../model/chunks.ts";
import type { Digest } from "../../model/digest.ts";
import type { Files } from "../../model/host.ts";
import { type SharedKind, type SharedPlace, SharedPlaceFault } from "./shared-place.ts";
import { turnFaults } from "./turn-faults.ts";

export type SharedFolderOptions = {
  /** Absolute. */
  readonly directory: string;
  readonly files: Files;
};

/**
 * A folder that machines share: a network share, or what a CI service keeps between jobs. `ac/<two digits>/<digest>`
 * and `cas/<two digits>/<digest>`; everything is written aside and renamed, so many may write at once.
 */
export function createSharedFolder({ directory, files }: SharedFolderOptions): SharedPlace {
  const placeOf = (kind: SharedKind, digest: Digest): string => {
    const hexadecimal = digest.slice("sha256:".length);
    return path.join(directory, kind, hexadecimal.slice(0, 2), hexadecimal);
  };
  return {
    name: directory,
    read: (kind, digest) =>
      faults.during(async () => {
        const place = placeOf(kind, digest);
        if ((await files.status(place))?.type === "file") return faults.within(files.readStream(place));
        // A share that is not mounted must not look like one that has nothing.
        if ((await files.status(directory))?.type !== "directory")
          throw new SharedPlaceFault("there is no such folder");
        return undefined;
      }),
    has: (digest, size) =>
      faults.during(async () => {
        const status = await files.status(placeOf("cas", digest));
        return status?.type === "file" && status.size === size;
      }),
    write: (kind, digest, { chunks }, signal) =>
      faults.during(() => files.writeStream(placeOf(kind, digest), untilAborted(chunks(), signal))),
  };
}

const faults = turnFaults((error) => {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  return code === undefined || syscall === undefined ? undefined : message;
});

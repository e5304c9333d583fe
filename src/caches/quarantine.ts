import path from "node:path";
import { type Diagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import { shortDigest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";

/** A file of the cache that is not what its name says. */
export type Damage = {
  /** `record` or `content`, and the first digits of its name. */
  readonly what: string;
  /** Where it lies now; undefined where it was not moved. */
  readonly movedTo?: string;
  /** It was only looked at; else it could not be moved: the cache is read-only. */
  readonly isLeft?: true;
};

export type OnDamage = (damage: Damage) => void;

export type Quarantine = {
  /** Moves a file out of the way and tells of it; what cannot be moved stays, and is told of once. */
  readonly putAside: (kind: "record" | "content", digest: string, file: string) => Promise<void>;
};

/** Keeps what is damaged in `quarantine/`, for whoever wants to know what happened to it. */
export function createQuarantine(directory: string, files: Files, onDamage: OnDamage): Quarantine {
  const left = new Set<string>();
  return {
    async putAside(kind, digest, file) {
      const what = `${kind} ${shortDigest(digest)}`;
      try {
        const folder = await files.makeTemporaryDirectory(path.join(directory, "quarantine"), `${kind}-`);
        const movedTo = path.join(folder, path.basename(file));
        await files.rename(file, movedTo).catch(async (error) => {
          await files.remove(folder);
          throw error;
        });
        onDamage({ what, movedTo });
      } catch (error) {
        // Another has moved it, or removed it.
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
        if (left.has(file)) return;
        left.add(file);
        onDamage({ what });
      }
    },
  };
}

/** For who only looks: tells of what is damaged, and leaves it to the next run. */
export function createBystander(onDamage: OnDamage): Quarantine {
  const told = new Set<string>();
  return {
    async putAside(kind, digest, file) {
      if (told.has(file)) return;
      told.add(file);
      onDamage({ what: `${kind} ${shortDigest(digest)}`, isLeft: true });
    },
  };
}

/** Told once, for nothing is to be done: the step runs again. */
export function wordDamage(damage: Damage): Diagnostic {
  return warningDiagnostic("cache/damaged", `${damage.what} in the cache is damaged and was not used`, {
    hint: wordPlace(damage),
  });
}

function wordPlace({ movedTo, isLeft }: Damage): string {
  if (isLeft) return "type `mlpackage apply` to make it again";
  if (movedTo === undefined) return "it could not be moved away: make the cache folder writable";
  return `it was moved to \`${movedTo}\`; type \`mlpackage cache verify\` to check the others`;
}

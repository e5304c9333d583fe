import type { RequirementsMemory } from "../config/read-requirements.ts";
import { digestOf } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import type { Requirements } from "../requirements/format.ts";

/** Raised when the same file comes to something else than before. */
const FORMAT = 3;

type Remembered = { readonly format: typeof FORMAT; readonly key: string; readonly found: Requirements };

/**
 * What a file of dependencies came to, for as long as it is the same: a lock takes longer to read than all the rest of a
 * run that has nothing to do. `remember` never rejects: it saves time alone.
 */
export function createRequirementsMemory(
  place: string,
  files: Files,
): RequirementsMemory & { readonly remember: () => Promise<void> } {
  let news: Remembered | undefined;
  return {
    async recall(key) {
      const text = await files.readText(place).catch(() => "");
      const [line = "", check] = text.split("\n");
      if (check !== digestOf(line)) return undefined;
      const remembered = JSON.parse(line) as Remembered;
      return remembered.format === FORMAT && remembered.key === key ? remembered.found : undefined;
    },
    keep(key, found) {
      news = { format: FORMAT, key, found };
    },
    async remember() {
      if (news === undefined) return;
      const text = JSON.stringify(news);
      await files.writeAtomically(place, `${text}\n${digestOf(text)}`).catch(() => {});
    },
  };
}

import type { PagesOf } from "./page.ts";

export const cachePages: PagesOf<"cache"> = {
  "cache/bad-archive": {
    title: "an archive of a cache cannot be taken in",
    why: "It is cut off, damaged, or something else. What came before the mistake was checked, and stays.",
    mend: "Write it anew on the other machine: `mlpackage cache export FILE`.",
  },
  "cache/bad-signature": {
    title: "the shared cache has records that no trusted key signed",
    why: "Whoever can write there could have put them there. They are not used; the run makes these things itself.",
    mend: "If the one who signs is to be trusted, add the public key to `MLPACKAGE_SHARED_CACHE_TRUSTED_KEYS`.",
  },
  "cache/damaged": {
    title: "something in the cache is damaged",
    why: "Its bytes are not those of its digest: a disk may be failing, or somebody wrote there. It was put aside and is made anew.",
    mend: "Type `mlpackage cache verify` to check the others.",
  },
  "cache/damaged-content": {
    title: "the shared cache has other bytes than their name says",
    why: "What comes from there is believed only if its digest is right. This was thrown away.",
    mend: "A run with `MLPACKAGE_SHARED_CACHE_MODE=write` puts the right bytes there.",
  },
  "cache/damaged-record": {
    title: "the shared cache has records that cannot be read",
    why: "They are cut off, or something else has written them. They are not used.",
    mend: "A run with `MLPACKAGE_SHARED_CACHE_MODE=write` writes them anew.",
  },
  "cache/in-use": {
    title: "another process uses the cache",
    why: "Clearing it would take away what that process reads.",
    mend: "Clear it once that has ended. `mlpackage cache gc` can run at any time.",
  },
  "cache/not-recorded": {
    title: "a run is not remembered",
    why: "All was made, but could not be written down: the disk is full, or the folder cannot be written to. The next run does it again.",
    mend: "Make room, or move the cache with `MLPACKAGE_CACHE_DIR`.",
  },
  "cache/not-uploaded": {
    title: "not everything was uploaded to the shared cache",
    why: "The place did not take it, or was too slow. Your own run is as good; other machines make it themselves.",
    mend: "Check the right to write there, and its disk.",
  },
  "cache/shared-unavailable": {
    title: "the shared cache does not work",
    why: "It does not answer, or too slowly. The run goes on without it, and makes everything here.",
    mend: "Check `MLPACKAGE_SHARED_CACHE` and the network; `mlpackage doctor` asks it.",
  },
  "cache/unsigned": {
    title: "the shared cache has unsigned records",
    why: "Here, only what a trusted key has signed is used.",
    mend: "Let whoever uploads set `MLPACKAGE_SHARED_CACHE_SIGNING_KEY`.",
  },
};

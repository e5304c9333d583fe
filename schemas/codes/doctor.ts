import type { PagesOf } from "./page.ts";

export const doctorPages: PagesOf<"doctor"> = {
  "doctor/classic-store": {
    title: "the engine keeps images in its classic store",
    why: "All works with it; only an image has one platform there, and exports take longer.",
    mend: 'Write `{"features": {"containerd-snapshotter": true}}` into /etc/docker/daemon.json and restart the engine, or turn on "Use containerd" in Docker Desktop. Images that are there now are hidden by it, and not removed.',
  },
  "doctor/little-space": {
    title: "the disk of the cache is nearly full",
    why: "Models and layers are kept there, and a run that finds no room fails.",
    mend: "`mlpackage cache gc --max-size 5GB` makes room; `MLPACKAGE_CACHE_DIR` moves the cache to another disk.",
  },
  "doctor/shared-cache": {
    title: "the shared cache does not work as it should",
    why: "It was asked for something, and did not answer as a cache does. Runs go on without it.",
    mend: "Check `MLPACKAGE_SHARED_CACHE` and its token; the message has what the place itself said.",
  },
};

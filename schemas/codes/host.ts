import type { PagesOf } from "./page.ts";

export const hostPages: PagesOf<"host"> = {
  "host/file-fault": {
    title: "a file or a folder of this machine cannot be used",
    why: "The disk is full, a permission is missing, or something is in the way. The message names the place.",
    mend: "`df -h` shows how full disks are, `ls -l` who may do what. `MLPACKAGE_CACHE_DIR` moves the cache.",
  },
};

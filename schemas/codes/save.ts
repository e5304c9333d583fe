import type { PagesOf } from "./page.ts";

export const savePages: PagesOf<"save"> = {
  "save/folder-in-the-way": {
    title: "a folder lies where an archive is to be written",
    why: "An archive is a file. The folder may hold something of yours, so it is not replaced.",
    mend: "Name a file that is not there yet, such as `dist/model.tar`. Nothing was changed.",
  },
  "save/folder-not-ours": {
    title: "the folder to save into holds files of somebody else",
    why: "A saved folder is replaced as a whole. Only one that is new, empty, or written by mlpackage before is.",
    mend: "Name another one, or remove it yourself. Nothing was changed.",
  },
  "save/no-room": {
    title: "the disk has no room for an archive",
    why: "Its size is known before it is written, and there is less than that.",
    mend: "Free some space, or name a place on another disk. Nothing was changed.",
  },
  "save/one-platform": {
    title: "a docker archive can hold one platform only",
    why: "The format, which `docker load` reads, has no way to say several.",
    mend: "Write it as `type: oci-archive`, or name one platform in `build.platforms`.",
  },
};

import type { PagesOf } from "./page.ts";

export const inspectPages: PagesOf<"inspect"> = {
  "inspect/no-image": {
    title: "there is no image of this name to look at",
    why: "What was named is no archive and no folder of an OCI layout, and neither the engine nor a registry has an image of that name.",
    mend: "Check the name or the path; `docker images` lists what the engine has.",
  },
  "inspect/no-platform": {
    title: "an image is not made for this platform",
    why: "An image may be made for several platforms, each with files of its own. It has none for the one that was asked for, or the archive lacks it.",
    mend: "Name one of those in the message with `--platform`.",
  },
  "inspect/too-large": {
    title: "an image would take more of this machine than any that makes sense",
    why: "A layer grows without end when it is decompressed, or a list in it is larger than any tool writes. Somebody may have made it so to stop whoever looks at it.",
    mend: "Ask who made the image, and do not run it before you know why it is like that.",
  },
  "inspect/unreadable": {
    title: "an image cannot be read",
    why: "It is there, but a part of it is missing, damaged, or in a form that is not known here. An archive may be cut off or compressed.",
    mend: "Save an archive anew and decompress it; push an image of a registry anew with `mlpackage apply`.",
  },
};

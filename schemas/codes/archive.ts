import type { PagesOf } from "./page.ts";

export const archivePages: PagesOf<"archive"> = {
  "archive/damaged": {
    title: "a model's archive is not whole",
    why: "It ends too early, or its bytes are not what its own checksums say. Nothing was taken of it.",
    mend: "Fetch it again, or pack it anew: `tar czf model.tar.gz -C model .`.",
  },
  "archive/empty": {
    title: "no file in an archive belongs to a model",
    why: "The archive is empty, or `include` and `exclude` leave nothing of it.",
    mend: 'Globs are matched against paths inside the archive, as `tar tf model.tar.gz` prints them, and `**` spans folders: `include: ["**/*.onnx"]`.',
  },
  "archive/several-files": {
    title: "`unpack` is for one archive, and a model has several files",
    why: "With `unpack: true`, `include` and `exclude` choose inside the archive, and the source is the archive itself.",
    mend: "Name the archive as the source, or leave `unpack` out.",
  },
  "archive/too-large": {
    title: "an archive becomes much larger than a model could",
    why: "More than two hundred times its size, or more than 100,000 entries, is what archives are made to be that fill a disk. It was told by what came out, and nothing of it is kept.",
    mend: "If it is what you think it is, pack it anew with less compression, or as a plain tar.",
  },
  "archive/unknown-format": {
    title: "a file that is to be unpacked is no archive that is known",
    why: "What it is, its first bytes say: a tar, a tar.gz, a tar.zst or a zip. Its name does not matter.",
    mend: "Pack it anew as one of these, or leave `unpack` out: then the file itself is the model.",
  },
  "archive/unsafe": {
    title: "an archive has an entry that would not be safe to unpack",
    why: "Its name leads out of the model's folder, is there twice, or is none that every file system takes; or it is a device, or encrypted; or it is a link to anything but a file of the model. Links to files of the model become those files.",
    mend: "Pack the archive anew without it, or remove it: `exclude: [NAME]`.",
  },
};

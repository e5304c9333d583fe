import { createHash } from "node:crypto";
import { pack } from "tar-stream";
import { loadLibrary } from "../../src/images/compression.ts";
import { bytesOf } from "../../src/model/chunks.ts";
import { zip } from "./zip.ts";

/** What is in a package: a text is a file; `same` is another name of an earlier one. */
export type CondaFile =
  | string
  | Uint8Array
  | {
      readonly content: string | Uint8Array;
      readonly isExecutable?: boolean;
      /** Where the environment's folder belongs, and whether between zeros. */
      readonly placeholder?: string;
      readonly isBinary?: boolean;
    }
  | { readonly link: string }
  | { readonly same: string };

export type CondaPackage = {
  readonly name: string;
  readonly version?: string;
  readonly build?: string;
  readonly depends?: readonly string[];
  readonly noarch?: "python" | "generic";
  readonly entryPoints?: readonly string[];
  readonly files?: Readonly<Record<string, CondaFile>>;
  /** For packages that lie: members of the tars besides, and other texts than those that would be right. */
  readonly stray?: readonly TarEntry[];
  readonly info?: Readonly<Record<string, unknown>>;
};

export type TarEntry = {
  readonly name: string;
  readonly type?: "file" | "symlink" | "link" | "directory" | "fifo" | "character-device";
  readonly linkname?: string;
  readonly mode?: number;
  readonly content?: Uint8Array;
};

export type MadeCondaPackage = {
  /** `name-version-build.conda` */
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly subdir: string;
  /** Its entry in the list of the channel. */
  readonly record: Readonly<Record<string, unknown>>;
};

/** A package in the second format, as `conda-build` would write it. */
export async function makeCondaPackage(wanted: CondaPackage): Promise<MadeCondaPackage> {
  const { name, version = "1.0", build = "0", depends = [], noarch, entryPoints = [], files = {} } = wanted;
  const subdir = noarch === undefined ? "linux-64" : "noarch";
  const index = {
    ...{ name, version, build, build_number: 0, depends, subdir },
    ...(noarch !== undefined && { noarch }),
  };
  const infos = {
    "info/index.json": index,
    "info/paths.json": { paths_version: 1, paths: Object.entries(files).map(describe) },
    ...(noarch === "python" && {
      "info/link.json": {
        noarch: { type: "python", entry_points: entryPoints },
        package_metadata_version: 1,
      },
    }),
    "info/about.json": { summary: "of a test" },
    ...wanted.info,
  };
  const info = Object.entries(infos).map(([path, value]) => ({
    name: path,
    content: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
  }));
  const content = Object.entries(files).map(([path, file]) => entryOf(path, file));
  const stem = `${name}-${version}-${build}`;
  const bytes = zip({
    "metadata.json": Buffer.from('{"conda_pkg_format_version": 2}'),
    [`pkg-${stem}.tar.zst`]: await tarOf([...content, ...(wanted.stray ?? [])]),
    [`info-${stem}.tar.zst`]: await tarOf(info),
  });
  return { file: `${stem}.conda`, bytes, subdir, record: recordOf(index, bytes) };
}

function recordOf(index: object, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { ...index, sha256, size: bytes.length };
}

function describe([path, file]: readonly [string, CondaFile]): object {
  const isLink = typeof file === "object" && "link" in file;
  const content = contentOf(file);
  const { placeholder, isBinary = false } = (typeof file === "object" && "content" in file ? file : {}) as {
    readonly placeholder?: string;
    readonly isBinary?: boolean;
  };
  return {
    _path: path,
    path_type: isLink ? "softlink" : "hardlink",
    sha256: createHash("sha256").update(content).digest("hex"),
    size_in_bytes: content.length,
    ...(placeholder !== undefined && {
      prefix_placeholder: placeholder,
      file_mode: isBinary ? "binary" : "text",
    }),
  };
}

function contentOf(file: CondaFile): Buffer {
  if (typeof file === "string" || file instanceof Uint8Array) return Buffer.from(file);
  if ("content" in file) return Buffer.from(file.content);
  return Buffer.from("link" in file ? file.link : file.same);
}

function entryOf(path: string, file: CondaFile): TarEntry {
  if (typeof file === "object" && "link" in file) return { name: path, type: "symlink", linkname: file.link };
  if (typeof file === "object" && "same" in file) return { name: path, type: "link", linkname: file.same };
  const isExecutable = typeof file === "object" && "content" in file && file.isExecutable === true;
  return { name: path, mode: isExecutable ? 0o775 : 0o664, content: contentOf(file) };
}

async function tarOf(entries: readonly TarEntry[]): Promise<Uint8Array> {
  const packed = pack();
  for (const { content = new Uint8Array(), ...header } of entries)
    packed.entry(
      { type: "file", mode: 0o644, ...header, mtime: new Date(1_700_000_000_000) },
      Buffer.from(content),
    );
  packed.finalize();
  const tar = await bytesOf(packed as AsyncIterable<Uint8Array>);
  return (await loadLibrary()).compress(tar, 3);
}

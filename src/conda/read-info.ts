import { bytesOf } from "../model/chunks.ts";
import { fileOfUrl, parseCondaArchive } from "../model/conda-archive.ts";
import type { LockedCondaPackage } from "../model/lock-file.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import { BadPackage } from "./bad-package.ts";
import { isPrintable } from "./is-printable.ts";
import { readTar } from "./read-tar.ts";

/** What a package tells of itself. */
export type PackageInfo = {
  readonly name: string;
  readonly version: string;
  readonly build: string;
  /** The names of what it needs. */
  readonly needs: readonly string[];
  /** Its Python is that of the environment, wherever that has its packages. */
  readonly isNoarchPython: boolean;
  /** Of a Python: where it has its packages. */
  readonly sitePackages?: string;
  readonly paths: readonly PackagePath[];
  readonly entryPoints: readonly EntryPoint[];
  /** `info/index.json` as it is. */
  readonly index: SerializableRecord;
};

/** A file or a link of a package, relative to the environment. */
export type PackagePath = {
  readonly path: string;
  readonly kind: "file" | "link" | "directory";
  /** In bytes, as far as the package says. */
  readonly size: number;
  /** Of what is in the archive; equal files are equal. */
  readonly digest: string;
  /** Where the environment's folder belongs, in a text or between zeros. */
  readonly placeholder?: { readonly text: string; readonly isBinary: boolean };
};

/** `NAME = MODULE:FUNCTION` */
export type EntryPoint = { readonly name: string; readonly module: string; readonly function: string };

const WANTED: ReadonlySet<string> = new Set(["info/index.json", "info/paths.json", "info/link.json"]);
const MOST_BYTES = 1 << 27;

/** Reads the tar of what is told of a package. Throws a `BadPackage` where it is another one than was locked. */
export async function readInfo(
  chunks: AsyncIterable<Uint8Array>,
  locked: LockedCondaPackage,
): Promise<PackageInfo> {
  const texts = new Map<string, string>();
  for await (const member of readTar(chunks)) {
    if (!WANTED.has(member.path) || member.type !== "file") continue;
    if (member.size > MOST_BYTES) throw new BadPackage(`has a \`${member.path}\` without an end`);
    texts.set(member.path, (await bytesOf(member.chunks)).toString("utf8"));
  }
  const index = recordIn(texts, "info/index.json");
  const { name, version, build, noarch } = index;
  const expected = parseCondaArchive(fileOfUrl(locked.url));
  if (expected === undefined) throw new Error("a package was locked that has no name");
  if (name !== expected.name || version !== expected.version || build !== expected.build)
    throw new BadPackage(`says that it is ${String(name)} ${String(version)} ${String(build)}`);
  const isNoarchPython = noarch === "python";
  const link = texts.has("info/link.json") ? recordIn(texts, "info/link.json") : {};
  const { python_site_packages_path: sitePackages } = index;
  return {
    ...expected,
    needs: textsIn(index.depends).map((one) => one.split(/[\s=<>!~[]/)[0] ?? ""),
    isNoarchPython,
    ...(name === "python" && {
      sitePackages: sitePackages === undefined ? sitePackagesOf(expected.version) : checkedPath(sitePackages),
    }),
    paths: pathsIn(recordIn(texts, "info/paths.json")),
    entryPoints: isNoarchPython ? textsIn(recordOr(link.noarch).entry_points).map(readEntryPoint) : [],
    index,
  };
}

function sitePackagesOf(version: string): string {
  const [, minor] = /^(\d+\.\d+)/.exec(version) ?? [];
  if (minor === undefined) throw new BadPackage(`is a Python of no version: ${version}`);
  return `lib/python${minor}/site-packages`;
}

function recordIn(texts: ReadonlyMap<string, string>, path: string): SerializableRecord {
  const text = texts.get(path);
  if (text === undefined) throw new BadPackage(`has no \`${path}\`: it is damaged, or very old`);
  try {
    const value = JSON.parse(text) as Serializable;
    if (isRecord(value)) return value;
  } catch {
    // Told the same as any other text that is none.
  }
  throw new BadPackage(`has a \`${path}\` that is no JSON of ours to read`);
}

function isRecord(value: unknown): value is SerializableRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function recordOr(value: unknown): SerializableRecord {
  return isRecord(value) ? value : {};
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}

const KINDS: Readonly<Record<string, PackagePath["kind"]>> = {
  hardlink: "file",
  softlink: "link",
  directory: "directory",
};

function pathsIn({ paths, paths_version: version }: SerializableRecord): readonly PackagePath[] {
  if (version !== 1 || !Array.isArray(paths))
    throw new BadPackage("has an `info/paths.json` of a version that is not known");
  return paths.map((one) => {
    const { _path, path_type: type, size_in_bytes: size, sha256, ...more } = recordOr(one);
    const kind = KINDS[String(type)];
    if (kind === undefined) throw new BadPackage(`has a path of type \`${String(type)}\``);
    const { prefix_placeholder: text, file_mode: mode } = more;
    return {
      path: checkedPath(_path),
      kind,
      size: typeof size === "number" && size > 0 ? size : 0,
      digest: typeof sha256 === "string" ? sha256 : "",
      ...(typeof text === "string" &&
        text !== "" && { placeholder: { text: checkedPlaceholder(text), isBinary: mode === "binary" } }),
    };
  });
}

/** Less than any folder that packages are built for; what is shorter may be met everywhere in a file. */
const SHORTEST_PLACEHOLDER = 8;

function checkedPlaceholder(text: string): string {
  if (text.startsWith("/") && text.length >= SHORTEST_PLACEHOLDER) return text;
  throw new BadPackage(`was built for no folder: ${JSON.stringify(text)}`);
}

/** Nothing of a package leads out of the environment, or has a name that would spoil what is printed. */
function checkedPath(path: unknown): string {
  const isText = typeof path === "string" && path.length <= 4096 && isPrintable(path) && !path.includes("\\");
  if (isText && path.split("/").every((part) => !["", ".", ".."].includes(part))) return path;
  throw new BadPackage(`has a path that leads elsewhere: ${JSON.stringify(path)}`);
}

/** Nothing that is not a name gets into the script. */
const ENTRY_POINT = /^([A-Za-z0-9_.-]+)\s*=\s*([A-Za-z_][\w.]*)\s*:\s*([A-Za-z_][\w.]*)$/;

function readEntryPoint(text: string): EntryPoint {
  const [, name, module, callee] = ENTRY_POINT.exec(text.trim()) ?? [];
  if (name === undefined || module === undefined || callee === undefined)
    throw new BadPackage(`has an entry point that is none: ${JSON.stringify(text)}`);
  return { name: checkedPath(name), module, function: callee };
}

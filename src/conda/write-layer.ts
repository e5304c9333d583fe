import { END_OF_TAR, headersOf, paddingAfter, type TarEntry } from "../images/tar.ts";
import { bytesOf } from "../model/chunks.ts";
import { BadPackage } from "./bad-package.ts";
import { withoutTime } from "./byte-code.ts";
import { isPrintable } from "./is-printable.ts";
import { type Placed, type PlacedPackage, PREFIX, withName } from "./place-packages.ts";
import { readTar, type TarMember } from "./read-tar.ts";
import { replacePrefix } from "./replace-prefix.ts";

/** What the service must have in its environment, by the packages' own word: file → its JSON. */
export type VariableFiles = Map<string, string>;

type Writing = {
  readonly packages: readonly PlacedPackage[];
  readonly readContent: (name: string) => AsyncIterable<Uint8Array>;
  /** Filled with what is met. */
  readonly variableFiles: VariableFiles;
  /** Whether nothing that the layers below have in the environment's folder is to be seen. */
  readonly isLowest: boolean;
};

/** The image specification's "Opaque Whiteout"; it says nothing of its own layer, wherever it stands in it. */
const OPAQUE = ".wh..wh..opq";

/**
 * The tar of a layer: the files of packages where conda links them to. The same packages give the same bytes: they come
 * in their order, their files in that of the archives, without times, all root's. Throws a `BadPackage`.
 */
export async function* writeLayer({ packages, isLowest, ...writing }: Writing): AsyncGenerator<Uint8Array> {
  for (const path of foldersOf(packages)) {
    yield headersOf({ type: "directory", path });
    if (isLowest && path === inImage("")) yield headersOf(emptyFile(inImage(OPAQUE)));
  }
  for (const one of packages) {
    try {
      yield* writePackage(one, writing);
    } catch (error) {
      throw withName(one.info.name, error);
    }
  }
  yield END_OF_TAR;
}

/** The environment's own, and all in it; the folders above it may be the base's. */
function foldersOf(packages: readonly PlacedPackage[]): readonly string[] {
  const folders = new Set([inImage("")]);
  for (const { placed, written } of packages) {
    const files = [...written, ...[...placed.values()].filter(({ kind }) => kind !== "directory")];
    const own = [...placed.values()].filter(({ kind }) => kind === "directory").map(({ path }) => `${path}/`);
    for (const path of [...files.map((file) => file.path), ...own]) {
      for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
        folders.add(inImage(path.slice(0, end)));
    }
  }
  return [...folders].sort();
}

function emptyFile(path: string): TarEntry {
  return { type: "file", path, mode: 0o644, size: 0, content: [] };
}

function inImage(path: string): string {
  return `${PREFIX.slice(1)}/${path}`.replace(/\/$/, "");
}

async function* writePackage(
  { info, placed, written }: PlacedPackage,
  { readContent, variableFiles }: Omit<Writing, "packages" | "isLowest">,
): AsyncGenerator<Uint8Array> {
  const modes = new Map<string, number>();
  for await (const member of readTar(readContent(info.name))) {
    const place = placed.get(member.path);
    if (place === undefined || place.kind === "directory" || modes.has(member.path)) continue;
    const mode = member.isExecutable ? 0o755 : 0o644;
    modes.set(member.path, mode);
    switch (member.type) {
      case "file":
        yield* writeFile(member, place, mode, variableFiles);
        break;
      case "link":
        yield headersOf({ type: "link", path: inImage(place.path), target: checkedTarget(member, place) });
        break;
      case "same": {
        const other = placed.get(member.target.replace(/^(\.\/)+/, ""));
        const otherMode = modes.get(member.target.replace(/^(\.\/)+/, ""));
        if (other === undefined || otherMode === undefined || other.kind !== "file")
          throw new BadPackage(
            `has \`${member.path}\` as another name of \`${member.target}\`, which is not before it`,
          );
        const target = inImage(other.path);
        yield headersOf({ type: "same", path: inImage(place.path), target, mode: otherMode });
        break;
      }
      case "directory":
      case "other":
        throw new BadPackage(`has \`${member.path}\`, which is neither a file nor a link`);
    }
  }
  const missing = [...placed].find(([path, { kind }]) => kind !== "directory" && !modes.has(path));
  if (missing !== undefined) throw new BadPackage(`lacks \`${missing[0]}\`, which it lists`);
  for (const { path, text, isExecutable } of written) {
    const content = Buffer.from(text);
    const mode = isExecutable ? 0o755 : 0o644;
    yield headersOf({ type: "file", path: inImage(path), mode, size: content.length, content: [] });
    yield content;
    yield paddingAfter(content.length);
  }
}

/** More than any file that has to be in memory at once, to be changed. */
const MOST_CHANGED_BYTES = 1 << 30;

const VARIABLES = /^etc\/conda\/env_vars\.d\/[^/]+\.json$/;

async function* writeFile(
  member: TarMember,
  { path, placeholder }: Placed,
  mode: number,
  variableFiles: VariableFiles,
): AsyncGenerator<Uint8Array> {
  const header = (size: number) => headersOf({ type: "file", path: inImage(path), mode, size, content: [] });
  const isByteCode = path.endsWith(".pyc");
  const tellsVariables = VARIABLES.test(path);
  if (placeholder === undefined && !isByteCode && !tellsVariables) {
    yield header(member.size);
    yield* member.chunks;
    yield paddingAfter(member.size);
    return;
  }
  if (member.size > MOST_CHANGED_BYTES)
    throw new BadPackage(`has a \`${member.path}\` too large to be changed`);
  const read = await bytesOf(member.chunks);
  const moved = placeholder === undefined ? read : replacePrefix(read, placeholder, PREFIX);
  const content = isByteCode ? withoutTime(moved) : moved;
  if (tellsVariables) variableFiles.set(path, content.toString("utf8"));
  yield header(content.length);
  yield content;
  yield paddingAfter(content.length);
}

/** A link that stays in the environment. */
function checkedTarget({ path: source, target }: TarMember, { path }: Placed): string {
  const parts = path.split("/").slice(0, -1);
  const outside = () =>
    new BadPackage(`has the link \`${source}\`, which leads out of the environment: \`${target}\``);
  if (target.startsWith("/") || !isPrintable(target)) throw outside();
  for (const part of target.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) throw outside();
    } else if (part !== "." && part !== "") parts.push(part);
  }
  return target;
}

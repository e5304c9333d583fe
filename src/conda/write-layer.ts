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
  const bereft = new Map<string, string[]>();
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
        const source = member.target.replace(/^(\.\/)+/, "");
        const other = placed.get(source);
        const otherMode = modes.get(source);
        if (other === undefined && info.paths.some(({ path, kind }) => path === source && kind === "file")) {
          bereft.set(source, [...(bereft.get(source) ?? []), member.path]);
          break;
        }
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
  if (bereft.size > 0) yield* writeBereft({ info, placed }, bereft, { readContent, variableFiles });
  for (const { path, text, isExecutable } of written) {
    const content = Buffer.from(text);
    const mode = isExecutable ? 0o755 : 0o644;
    yield headersOf({ type: "file", path: inImage(path), mode, size: content.length, content: [] });
    yield content;
    yield paddingAfter(content.length);
  }
}

/**
 * Other names of files that are another package's here, by those files: the first becomes the file as this package has it,
 * for which the archive is read once more.
 */
async function* writeBereft(
  { info, placed }: Pick<PlacedPackage, "info" | "placed">,
  bereft: Map<string, readonly string[]>,
  { readContent, variableFiles }: Omit<Writing, "packages" | "isLowest">,
): AsyncGenerator<Uint8Array> {
  for await (const member of readTar(readContent(info.name))) {
    const [first, ...others] = (bereft.get(member.path) ?? []).flatMap((name) => placed.get(name) ?? []);
    if (first === undefined || member.type !== "file") continue;
    bereft.delete(member.path);
    const mode = member.isExecutable ? 0o755 : 0o644;
    yield* writeFile(member, first, mode, variableFiles);
    for (const { path } of others)
      yield headersOf({ type: "same", path: inImage(path), target: inImage(first.path), mode });
  }
  const [lacking] = bereft.keys();
  if (lacking !== undefined) throw new BadPackage(`has another name of \`${lacking}\`, which it lacks`);
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

/** A link that stays in the environment. What goes up after a name would lead elsewhere where that is a link itself. */
function checkedTarget({ path: source, target }: TarMember, { path }: Placed): string {
  const outside = () =>
    new BadPackage(`has the link \`${source}\`, which leads out of the environment: \`${target}\``);
  if (target.startsWith("/") || !isPrintable(target)) throw outside();
  const parts = target.split("/").filter((part) => part !== "." && part !== "");
  const names = parts.findIndex((part) => part !== "..");
  const ups = names < 0 ? parts.length : names;
  if (parts.slice(ups).includes("..") || ups >= path.split("/").length) throw outside();
  return target;
}

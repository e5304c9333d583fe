import path from "node:path";
import { findUnsafePath } from "../model/file-names.ts";
import type { ArchiveEntry } from "./archive-entry.ts";
import { BadArchive } from "./bad-archive.ts";
import { wordTooLarge } from "./read-archive.ts";
import { MOST_ENTRIES, wordTooMany } from "./read-zip.ts";

/** What leads to another link, that to the next and so on. */
const MOST_LINKS = 8;

export type Gathering<Content> = {
  readonly isWanted: (path: string) => boolean;
  readonly mostBytes: number;
  /** Takes the bytes of a file. */
  readonly write: (chunks: AsyncIterable<Uint8Array>) => Promise<Content>;
};

export type GatheredFile<Content> = Content & { readonly path: string; readonly mode: number };

/**
 * The files of an archive that are wanted, sorted by path. A link is the file that it leads to, which has to be one of
 * them; folders follow from the files in them. Throws a `BadArchive` for names that are unsafe or there twice, for
 * links to anything else, for what is neither file, folder nor link, and for more than there may be.
 */
export async function gatherFiles<Content extends object>(
  entries: AsyncIterable<ArchiveEntry>,
  { isWanted, mostBytes, write }: Gathering<Content>,
): Promise<readonly GatheredFile<Content>[]> {
  const files = new Map<string, GatheredFile<Content>>();
  const links = new Map<string, string>();
  let [count, bytes] = [0, 0];
  for await (const entry of entries) {
    count += 1;
    if (count > MOST_ENTRIES) throw wordTooMany();
    const { path: name, type } = entry;
    if (type === "directory" || !isWanted(name)) continue;
    demandSafe([name]);
    if (files.has(name) || links.has(name)) throw wordUnsafe(name, "is there twice");
    if (type === "other") throw wordUnsafe(name, "is neither a file nor a folder nor a link");
    if (type !== "file") links.set(name, targetOf(entry));
    else {
      const counted = countBytes(entry.chunks, (length) => {
        bytes += length;
        if (bytes > mostBytes) throw wordTooLarge();
      });
      if (bytes + entry.size > mostBytes) throw wordTooLarge();
      files.set(name, { ...(await write(counted)), path: name, mode: entry.isExecutable ? 0o755 : 0o644 });
    }
  }
  const linked = [...links.keys()].map((name) => ({ ...follow(name, files, links), path: name }));
  const gathered = [...files.values(), ...linked].sort((a, b) => (a.path < b.path ? -1 : 1));
  if (gathered.length === 0) throw new BadArchive("archive/empty", "has no file that belongs to the model");
  demandSafe(gathered.map((file) => file.path));
  return gathered;
}

/** A hard link names a path of the archive, a symbolic link one beside itself. */
function targetOf({ path: name, type, target }: ArchiveEntry): string {
  const plain = target.replace(/\/+$/, "");
  if (type === "link" && path.posix.isAbsolute(plain))
    throw wordUnsafe(name, "is a link that leads out of the archive");
  const from = type === "link" ? path.posix.dirname(name) : ".";
  const reached = path.posix.join(from, plain.replace(/^\/+/, ""));
  if (reached === ".." || reached.startsWith("../"))
    throw wordUnsafe(name, "is a link that leads out of the archive");
  return reached;
}

function follow<File>(
  name: string,
  files: ReadonlyMap<string, File>,
  links: ReadonlyMap<string, string>,
): File {
  let reached = name;
  for (let followed = 0; followed <= MOST_LINKS; followed += 1) {
    const file = files.get(reached);
    if (file !== undefined) return file;
    const next = links.get(reached);
    if (next === undefined) throw wordUnsafe(name, "is a link to a file that is not part of the model");
    reached = next;
  }
  throw wordUnsafe(name, "is a link through too many others, or in a loop");
}

async function* countBytes(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (length: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}

function demandSafe(paths: readonly string[]): void {
  const unsafe = findUnsafePath(paths);
  if (unsafe !== undefined) throw wordUnsafe(unsafe.path, unsafe.fault);
}

function wordUnsafe(name: string, fault: string): BadArchive {
  return new BadArchive("archive/unsafe", `has an entry that ${fault}`, name);
}

import path from "node:path";
import type { Digest } from "../model/digest.ts";
import type { FileStatus, Files } from "../model/host.ts";
import { readName } from "./places.ts";

/** A file of the store. Times in milliseconds since the epoch. */
export type StoredFile = {
  readonly kind: "record" | "blob";
  readonly digest: Digest;
  readonly place: string;
  readonly size: number;
  /** Of a record when it was last read, to within `USE_NOTED_EVERY_MS`; of a blob when it was last written or linked. */
  readonly lastUsedMs: number;
};

export type StoredRecord = StoredFile & { readonly needs: ReadonlySet<Digest> };

/** What is in the store, and who needs what of it. */
export type Inventory = {
  readonly records: readonly StoredRecord[];
  readonly blobs: readonly StoredFile[];
  /** What the last success of each step of a package was made of. */
  readonly remembered: ReadonlySet<Digest>;
};

/** Every record and blob, unread; `others` are the places of files that are neither. */
export async function listStore(
  directory: string,
  files: Files,
): Promise<{ readonly stored: readonly StoredFile[]; readonly others: readonly string[] }> {
  const stored: StoredFile[] = [];
  const others: string[] = [];
  for (const folder of await listFolders(directory, files)) {
    // One folder at once: all files of a large store would be too many.
    const names = (await files.list(path.join(directory, folder))).map((name) => `${folder}/${name}`);
    const statuses = await Promise.all(names.map((name) => files.status(path.join(directory, name))));
    for (const [index, name] of names.entries()) {
      const file = describe(directory, name, statuses[index]);
      if (file === undefined) others.push(path.join(directory, name));
      else stored.push(file);
    }
  }
  return { stored, others };
}

async function listFolders(directory: string, files: Files): Promise<readonly string[]> {
  const kinds = await Promise.all(
    ["steps", "blobs"].map(async (kind) =>
      (await files.list(path.join(directory, kind))).map((folder) => `${kind}/${folder}`),
    ),
  );
  return kinds.flat();
}

function describe(directory: string, name: string, status: FileStatus | undefined): StoredFile | undefined {
  const read = readName(name);
  if (read === undefined || status?.type !== "file") return undefined;
  const { size, modifiedMs, changedMs } = status;
  const lastUsedMs = read.kind === "record" ? modifiedMs : Math.max(modifiedMs, changedMs);
  return { ...read, place: path.join(directory, name), size, lastUsedMs };
}

/** Reads all records and manifests to find out what they need. */
export async function takeInventory(
  stored: readonly StoredFile[],
  directory: string,
  files: Files,
): Promise<Inventory> {
  const records: StoredRecord[] = [];
  for (const record of stored.filter(({ kind }) => kind === "record")) {
    records.push({ ...record, needs: await readDigests(record.place, files) });
  }
  const remembered = new Set<Digest>();
  const packages = path.join(directory, "packages");
  for (const name of await files.list(packages)) {
    for (const digest of await readDigests(path.join(packages, name), files)) remembered.add(digest);
  }
  return { records, blobs: stored.filter(({ kind }) => kind === "blob"), remembered };
}

/**
 * All digests in a text, whatever it says of them: those that are no blob's hurt nobody, and a newer version's record
 * keeps its blobs, although it cannot be read. What cannot be opened needs nothing.
 */
async function readDigests(place: string, files: Files): Promise<ReadonlySet<Digest>> {
  const text = await files.readText(place).catch(() => "");
  return new Set((text.match(/sha256:[0-9a-f]{64}/g) ?? []) as Digest[]);
}

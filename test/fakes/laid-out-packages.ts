import { createHash } from "node:crypto";
import path from "node:path";
import { extract } from "tar-stream";
import { placePackages } from "../../src/conda/place-packages.ts";
import { type OpenArchive, openArchive } from "../../src/conda/read-archive.ts";
import { readInfo } from "../../src/conda/read-info.ts";
import { type VariableFiles, writeLayer } from "../../src/conda/write-layer.ts";
import { bytesOf } from "../../src/model/chunks.ts";
import { type CondaPackage, makeCondaPackage } from "./conda-package.ts";
import { makeHost } from "./host.ts";
import { makeFolder } from "./temporary-folder.ts";

/** What a layer has at a path: `755 text`, `→ target`, `= other`, or `folder`. */
export type LaidOut = {
  readonly entries: Readonly<Record<string, string>>;
  readonly tar: Buffer;
  readonly environment: ReturnType<typeof placePackages>;
  readonly variableFiles: VariableFiles;
};

/** The layer that real archives of these packages come to. */
export async function layOutPackages(...packages: readonly CondaPackage[]): Promise<LaidOut> {
  const made = await Promise.all(packages.map(makeCondaPackage));
  return layOutArchives(...made.map(({ file, bytes }) => ({ file, bytes })));
}

export async function layOutArchives(
  ...archives: readonly { readonly file: string; readonly bytes: Uint8Array }[]
): Promise<LaidOut> {
  const { files } = makeHost();
  const opened = new Map<string, OpenArchive>();
  const infos = [];
  for (const { file, bytes } of archives) {
    const place = path.join(makeFolder({ [file]: bytes }), file);
    const archive = await openArchive({ place, size: bytes.length }, files);
    const name = file.replace(/-[^-]*-[^-]*$/, "");
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}` as const;
    infos.push(
      await readInfo(archive.readInfo(), { name, url: `https://x/${file}`, digest, size: bytes.length }),
    );
    opened.set(name, archive);
  }
  const environment = placePackages(infos);
  const variableFiles: VariableFiles = new Map();
  const readContent = (name: string) => opened.get(name)?.readContent() ?? bytesNone();
  const { packages } = environment;
  const tar = await bytesOf(writeLayer({ packages, readContent, variableFiles, isLowest: true }));
  return { entries: await entriesOf(tar), tar, environment, variableFiles };
}

async function* bytesNone(): AsyncGenerator<Uint8Array> {}

async function entriesOf(tar: Buffer): Promise<Readonly<Record<string, string>>> {
  const reader = extract();
  reader.end(tar);
  const entries: Record<string, string> = {};
  for await (const entry of reader) {
    const { name, type, mode = 0, linkname, uid, gid, mtime } = entry.header;
    if (uid !== 0 || gid !== 0 || mtime?.getTime() !== 0)
      throw new Error(`${name} is not root's, or has a time`);
    const content = await bytesOf(entry as AsyncIterable<Uint8Array>);
    if (type === "directory") entries[name.replace(/\/$/, "")] = "folder";
    else if (type === "symlink") entries[name] = `→ ${linkname}`;
    else if (type === "link") entries[name] = `= ${linkname} ${mode.toString(8)}`;
    else entries[name] = `${mode.toString(8)} ${content.toString("latin1")}`;
  }
  return entries;
}

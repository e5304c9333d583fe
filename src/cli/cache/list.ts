import path from "node:path";
import { listStore, type StoredRecord, takeInventory } from "../../caches/inventory.ts";
import { type Manifest, readManifest } from "../../execution/manifest.ts";
import { type Digest, shortDigest } from "../../model/digest.ts";
import { RENDER } from "../../plan/step-ids.ts";
import { EXIT } from "../exit-code.ts";
import { wordSize } from "../parse-size.ts";
import { type Session, tell } from "../session.ts";
import { writeJson } from "./say.ts";

/** The records of the cache, those used last first. */
export async function listCache(session: Session): Promise<number> {
  const { cacheDirectory, host } = session;
  const { stored } = await listStore(cacheDirectory, host.files);
  const { records, blobs } = await takeInventory(stored, cacheDirectory, host.files);
  const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]));
  const steps = await findSteps(session);
  const rows = records
    .toSorted((a, b) => b.lastUsedMs - a.lastUsedMs || (a.digest < b.digest ? -1 : 1))
    .map((record) => ({
      key: record.digest,
      steps: steps.get(record.digest) ?? [],
      bytes: sizeOf(record, sizes),
      lastUsed: new Date(record.lastUsedMs).toISOString(),
    }));
  if (session.options.json) writeJson(session, { records: rows });
  else if (rows.length === 0) tell(session, `there is nothing in the cache in ${cacheDirectory}`);
  else {
    const lines = rows.map(({ key, steps: ids, bytes, lastUsed }) =>
      [
        shortDigest(key),
        lastUsed.slice(0, 16).replace("T", " "),
        wordSize(bytes).padStart(9),
        ids.join(", "),
      ].join("  "),
    );
    session.writeData(`${lines.map((line) => line.trimEnd()).join("\n")}\n`);
  }
  return EXIT.done;
}

/** With all blobs that it needs, which others may need as well. */
function sizeOf({ size, needs }: StoredRecord, sizes: ReadonlyMap<Digest, number>): number {
  return [...needs].reduce((sum, digest) => sum + (sizes.get(digest) ?? 0), size);
}

/** Which steps of which packages were last done under which key; a record itself does not know its step. */
async function findSteps({ cacheDirectory, host }: Session): Promise<ReadonlyMap<Digest, readonly string[]>> {
  const packages = path.join(cacheDirectory, "packages");
  const steps = new Map<Digest, string[]>();
  for (const name of await host.files.list(packages)) {
    const manifest = await readManifest(path.join(packages, name), host.files);
    const owner = ownerOf(manifest);
    for (const [id, { key }] of Object.entries(manifest.steps)) {
      const step = owner === undefined ? id : `${owner} ${id}`;
      const known = steps.get(key) ?? [];
      if (!known.includes(step)) steps.set(key, [...known, step]);
    }
  }
  return steps;
}

/** The name of a manifest's package, which one of its steps has to know. */
function ownerOf({ steps }: Manifest): string | undefined {
  const { name } = steps[RENDER]?.fingerprint.inputs ?? {};
  return typeof name === "string" ? name : undefined;
}

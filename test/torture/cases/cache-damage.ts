import { mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Case, Project, Sight } from "../tool.ts";
import { at, run, runWell, sightOf } from "./act.ts";

/** One byte of each file of the cache in turn, near its start, in its middle and at its end. */
export const cacheFlipped: Case = {
  name: "one byte flipped in a cache entry",
  needsCache: true,
  promised: /^ok/,
  act: async (open) =>
    damageEach(await open(), (size) =>
      [...new Set([0, Math.floor(size / 2), size - 1])].map((offset) => async (file: string) => {
        const content = await readFile(file);
        content[offset] = (content[offset] ?? 0) ^ 0x04;
        await writeFile(file, content);
      }),
    ),
};

export const cacheCut: Case = {
  name: "cache entry cut in half",
  needsCache: true,
  promised: /^ok/,
  act: async (open) =>
    damageEach(await open(), (size) => [(file: string) => truncate(file, Math.floor(size / 2))]),
};

type Damage = (file: string) => Promise<void>;

/** Does each damage to each file of a sound cache, with the outputs gone, and tells the worst that came of it. */
async function damageEach(project: Project, damagesOf: (size: number) => readonly Damage[]): Promise<Sight> {
  await runWell(project);
  const sound = await readCache(project);
  const sights: Sight[] = [];
  for (const [file, content] of sound) {
    for (const damage of content.length === 0 ? [] : damagesOf(content.length)) {
      await restoreCache(project, sound);
      await damage(file);
      await Promise.all(project.outputs.map((output) => rm(at(project, output), { force: true })));
      const sight = await sightOf(project, await run(project), "served");
      const relative = path.relative(project.folder, file);
      sights.push({ ...sight, details: `${relative}: ${sight.details ?? ""}` });
    }
  }
  if (sights.length === 0) throw new Error("there is no cache entry to damage");
  return worst(sights);
}

async function readCache(project: Project): Promise<ReadonlyMap<string, Buffer>> {
  const files = (await project.listCache?.()) ?? [];
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file)] as const)));
}

/** Entries that a run added are gone afterwards. */
async function restoreCache(project: Project, sound: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const file of (await project.listCache?.()) ?? []) if (!sound.has(file)) await rm(file);
  for (const [file, content] of sound) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** Wrong bytes are worse than a failure, and that than a file that is missing. */
function worst(sights: readonly Sight[]): Sight {
  for (const pattern of [/^served$/, /^left$/, /^missing$/, /^(rc|SIG|hung)/]) {
    const found = sights.filter(({ word }) => pattern.test(word));
    const [first] = found;
    if (first !== undefined) return { ...first, word: `${first.word} (${found.length} of ${sights.length})` };
  }
  return { word: `ok (${sights.length})` };
}

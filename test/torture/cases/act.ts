import { readFile, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Ended, wordEnd } from "../processes.ts";
import type { Project, Sight } from "../tool.ts";

/** Runs the tool to its end. */
export function run(project: Project, environment?: Readonly<Record<string, string>>): Promise<Ended> {
  return project.start(environment).ended;
}

/** As `run`, where nothing has been done to it yet: a failure is not the case's finding. */
export async function runWell(project: Project): Promise<void> {
  const ended = await run(project);
  if (ended.exitCode !== 0) throw new Error(`a run without any trap failed: ${wordEnd(ended)}`);
  const difference = await project.judge();
  if (difference !== "right") throw new Error(`a run without any trap is ${difference}: ${wordEnd(ended)}`);
}

/** What there is to say of a run and the outputs it left: `ok`, `rc N`, or how the outputs differ. */
export async function sightOf(project: Project, ended: Ended, wrong: string): Promise<Sight> {
  if (ended.exitCode !== 0) return { word: wordExit(ended), details: wordEnd(ended) };
  const difference = await project.judge();
  const word = { right: "ok", missing: "missing", left: "left", wrong }[difference];
  return difference === "right" ? { word } : { word, details: wordEnd(ended) };
}

export function wordExit({ exitCode, signal, timedOut }: Ended): string {
  if (timedOut) return "hung";
  return exitCode === undefined ? `${signal}` : `rc ${exitCode}`;
}

/** How often tasks have run, all of them together. */
export function countAll(project: Project): number {
  return [...project.countRuns().values()].reduce((sum, count) => sum + count, 0);
}

/** Other bytes of the same length. */
export function otherBytes(content: Buffer): Buffer {
  return Buffer.from(content.map((byte) => (byte === 0x78 ? 0x79 : byte === 0x0a ? byte : 0x78)));
}

/** Puts other bytes of the same length into a file, with its times kept if so wished. */
export async function overwrite(file: string, { keepTimes }: { readonly keepTimes: boolean }): Promise<void> {
  const { atimeMs, mtimeMs } = await stat(file);
  await writeFile(file, otherBytes(await readFile(file)));
  if (keepTimes) await utimes(file, atimeMs / 1000, mtimeMs / 1000);
}

export function at(project: Project, file: string): string {
  return path.join(project.folder, file);
}

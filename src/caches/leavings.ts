import path from "node:path";
import type { Files } from "../model/host.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const WEEK_MS = 7 * DAY_MS;

/** As `host/process-identity.ts` names processes: machine, boot, process id, start. */
const PROCESS_NAME = /^[0-9a-f]{8}-[0-9a-f]*-\d+-\d*$/;

export type Sweep = {
  readonly directory: string;
  readonly files: Files;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly isAlive: (process: string) => Promise<boolean>;
};

/**
 * Removes what dead processes left behind, what was quarantined, parsed, or begun to be sent or brought more than a week ago,
 * what an engine was given more than a day ago, and where blobs were seen more than two months ago; `others` are files
 * of the store that are neither record nor blob. Tells how many things were removed.
 */
export async function sweepLeavings(sweep: Sweep, others: readonly string[]): Promise<number> {
  const left = [
    ...(await findAbandoned("work", sweep)),
    ...(await findAbandoned("incoming", sweep)),
    ...(await findOld(await inFolder("quarantine", sweep), WEEK_MS, sweep)),
    ...(await findOld(await inFolder("documents", sweep), WEEK_MS, sweep)),
    ...(await findOld(await inFolder("locations", sweep), 8 * WEEK_MS, sweep)),
    ...(await findOld(await inFolder("uploads", sweep), WEEK_MS, sweep)),
    ...(await findOld(await inFolder("transfers", sweep), WEEK_MS, sweep)),
    ...(await findOld(await inFolder("given", sweep), DAY_MS, sweep)),
    ...(await findOld(await findPartial(others, sweep), DAY_MS, sweep)),
    ...(await findDeadClaims(sweep)),
  ];
  await Promise.all(left.map((place) => sweep.files.remove(place)));
  return left.length;
}

async function inFolder(folder: string, { directory, files }: Sweep): Promise<readonly string[]> {
  const place = path.join(directory, folder);
  return (await files.list(place)).map((name) => path.join(place, name));
}

/**
 * What is named after a process goes with it; whatever has no such name, after a day. A process of another machine
 * cannot be asked: a week of silence has to do.
 */
async function findAbandoned(folder: string, sweep: Sweep): Promise<readonly string[]> {
  const abandoned: string[] = [];
  for (const place of await inFolder(folder, sweep)) {
    const name = path.basename(place);
    const isProcess = PROCESS_NAME.test(name);
    if (isProcess && !(await sweep.isAlive(name))) abandoned.push(place);
    else abandoned.push(...(await findOld([place], isProcess ? WEEK_MS : DAY_MS, sweep)));
  }
  return abandoned;
}

/** Halves of files that were being written: `<name>.<process id>.<chance>.partial`. */
async function findPartial(others: readonly string[], sweep: Sweep): Promise<readonly string[]> {
  const folders = ["", "packages", "documents", "locations", "uploads", "given"];
  const inside = await Promise.all(folders.map((folder) => inFolder(folder, sweep)));
  const places = [...others, ...inside.flat()];
  return places.filter((place) => place.endsWith(".partial"));
}

/** A claim of a dead process holds nothing; the living remove only those they meet. */
async function findDeadClaims(sweep: Sweep): Promise<readonly string[]> {
  const dead: string[] = [];
  for (const claim of await inFolder("locks", sweep)) {
    // `<lock>.<process>`
    const [, owner = ""] = path.basename(claim).split(".");
    if (PROCESS_NAME.test(owner) && !(await sweep.isAlive(owner))) dead.push(claim);
  }
  return dead;
}

async function findOld(places: readonly string[], ageMs: number, sweep: Sweep): Promise<readonly string[]> {
  const ages = await Promise.all(places.map((place) => ageOf(place, sweep)));
  return places.filter((_place, index) => (ages[index] ?? 0) > ageMs);
}

/**
 * Since something right in it last changed. How far a time lies in the future counts as well: the clock was set back
 * since, and what nobody touches would be young for years.
 */
async function ageOf(place: string, { files, now }: Sweep): Promise<number> {
  const inside = (await files.list(place)).map((name) => path.join(place, name));
  const statuses = await Promise.all([place, ...inside].map((one) => files.status(one)));
  const ages = statuses.flatMap((status) => (status ? [Math.abs(now - status.modifiedMs)] : []));
  return Math.min(...ages);
}

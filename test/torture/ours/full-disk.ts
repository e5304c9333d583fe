import path from "node:path";
import { startGateServer } from "../gate-server.ts";
import { wordEnd } from "../processes.ts";
import type { Sandbox } from "../sandbox.ts";
import { findRudeness, messagesOf, type OwnPackage, openOwnPackage } from "./own-package.ts";
import { canMount, findUnclear, mountSmallDisk, type SmallDisk, usageOf } from "./small-disk.ts";
import type { Trial, TrialResult } from "./trial.ts";

const ROOMY = "size=64m,nr_inodes=4096";
const BLOCK_BYTES = 4096;
/** At most so many sizes of each kind: the first of them are the first writes. */
const MOST_SIZES = 20;

export const fullCacheDisk: Trial = {
  name: "the cache's disk is full",
  act: (sandbox) =>
    sweep(sandbox, (made, disk) =>
      made.copyTo(sandbox.makeFolder("package"), path.join(disk.folder, "cache")),
    ),
};

export const fullPackageDisk: Trial = {
  name: "the package's disk is full",
  act: (sandbox) => sweep(sandbox, (made, disk) => made.copyTo(disk.folder, sandbox.makeFolder("cache"))),
};

/** A copy of a package, with one of its folders on a disk. */
type PutOnDisk = (made: OwnPackage, disk: SmallDisk) => Promise<OwnPackage>;

/** Makes room for ever one write more, so that each of them fails once; each time, room is made afterwards. */
async function sweep(sandbox: Sandbox, putOnDisk: PutOnDisk): Promise<TrialResult> {
  if (!canMount()) return { notRun: "it needs root" };
  const gate = await startGateServer();
  sandbox.undoLater(gate.close);
  const original = await openOwnPackage(sandbox, { models: [`{name: gate, source: "${gate.url}"}`] });
  const open = async (): Promise<{ readonly disk: SmallDisk; readonly made: OwnPackage }> => {
    const disk = mountSmallDisk(sandbox, ROOMY);
    return { disk, made: await putOnDisk(original, disk) };
  };
  const measured = await open();
  const before = usageOf(measured.disk.folder);
  const first = await measured.made.run();
  if (first.exitCode !== 0) throw new Error(`on a roomy disk: ${wordEnd(first)}`);
  const after = usageOf(measured.disk.folder);
  const limits = [
    ...steps(before.bytes, after.bytes + 8 * BLOCK_BYTES, BLOCK_BYTES).map(
      (bytes) => `size=${bytes},nr_inodes=4096`,
    ),
    ...steps(before.inodes, after.inodes + 4, 1).map((inodes) => `size=64m,nr_inodes=${inodes}`),
  ];
  const findings: string[] = [];
  let failed = 0;
  for (const limit of limits) {
    const { disk, made } = await open();
    disk.remount(limit);
    const ended = await made.run({ limitMs: 60_000 });
    if (ended.exitCode !== 0) failed += 1;
    const wrong = [
      ...findRudeness(ended),
      ...findUnclear(ended, messagesOf(ended), /disk|room|space|full/i),
      ...(ended.exitCode === 0 ? await made.findWrong() : []),
    ];
    disk.remount(ROOMY);
    const next = await made.run({ limitMs: 60_000 });
    const still = next.exitCode === 0 ? await made.findWrong() : [wordEnd(next)];
    findings.push(
      ...wrong.map((text) => `${limit}: ${text}`),
      ...still.map((text) => `${limit}, then room: ${text}`),
    );
  }
  if (failed === 0) findings.push("no run failed: the disk was never full");
  return { findings, told: `${limits.length} sizes, ${failed} runs failed` };
}

function steps(from: number, to: number, step: number): readonly number[] {
  const all = Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + (index + 1) * step);
  // Of many, the first and then every so many.
  const stride = Math.max(1, Math.ceil(all.length / MOST_SIZES));
  return all.filter((_, index) => index < MOST_SIZES / 2 || index % stride === 0);
}

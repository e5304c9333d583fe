import path from "node:path";
import { wordEnd } from "../processes.ts";
import { startedSteps } from "../tools/mlpackage.ts";
import { findRudeness, messagesOf, openOwnPackage } from "./own-package.ts";
import { canMount, findUnclear, mountSmallDisk } from "./small-disk.ts";
import type { Trial } from "./trial.ts";

/** A warm run has nothing to write; one with work does it without the cache, or says that it cannot. */
export const readOnlyStore: Trial = {
  name: "the store is read-only",
  async act(sandbox) {
    if (!canMount()) return { notRun: "it needs root" };
    const disk = mountSmallDisk(sandbox, "size=64m");
    const made = await openOwnPackage(sandbox, { cache: path.join(disk.folder, "cache") });
    const first = await made.run();
    if (first.exitCode !== 0) throw new Error(`on a writable disk: ${wordEnd(first)}`);
    disk.remount("ro");
    const warm = await made.run();
    await made.write("b");
    const changed = await made.run();
    const findings = [
      ...(warm.exitCode === 0 ? [] : [`the warm run: ${wordEnd(warm)}`]),
      ...(startedSteps(warm.stderr).length === 0 ? [] : ["the warm run did work"]),
      ...[warm, changed].flatMap(findRudeness),
      ...findUnclear(changed, messagesOf(changed), /read-only/i),
      ...(changed.exitCode === 0 ? await made.findWrong() : []),
    ];
    disk.remount("rw");
    const next = await made.run();
    findings.push(...(next.exitCode === 0 ? await made.findWrong() : [`once writable: ${wordEnd(next)}`]));
    return { findings, told: `with work it exits with ${changed.exitCode}` };
  },
};

import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { wordEnd } from "../processes.ts";
import type { Case } from "../tool.ts";
import { at, countAll, run, runWell, wordExit } from "./act.ts";

/** Long enough for the slowest of the tools to have started its task. */
const HEAD_START_MS = 3000;

export const twoAtOnce: Case = {
  name: "two invocations at once",
  promised: /^once$/,
  async act(open) {
    const project = await open();
    project.hold();
    const both = [project.start(), project.start()];
    await project.waitUntilHeld();
    await sleep(HEAD_START_MS);
    project.release();
    for (const { ended } of both) {
      const end = await ended;
      if (end.exitCode !== 0) return { word: wordExit(end), details: wordEnd(end) };
    }
    const difference = await project.judge();
    if (difference !== "right") return { word: difference };
    const counts = project.countRuns();
    const details = JSON.stringify(Object.fromEntries(counts));
    return { word: Math.max(...counts.values()) > 1 ? "twice" : "once", details };
  },
};

/** Both, as a colleague's checkout or a restored CI cache: the work is done already, and the outputs are not there. */
export const moved: Case = {
  name: "checkout and cache moved",
  needsCache: true,
  promised: /^hit$/,
  async act(open) {
    const project = await open();
    await runWell(project);
    const before = countAll(project);
    const elsewhere = await project.moveTo(`${project.folder}-moved`);
    try {
      await Promise.all(elsewhere.outputs.map((output) => rm(at(elsewhere, output))));
      const ended = await run(elsewhere);
      const difference = await elsewhere.judge();
      if (ended.exitCode !== 0 || difference !== "right")
        return { word: ended.exitCode === 0 ? difference : wordExit(ended), details: wordEnd(ended) };
      // A saved folder that was deleted is written again; making what is in it anew would be more.
      return { word: countAll(elsewhere) - before > elsewhere.restoreRuns ? "reruns" : "hit" };
    } finally {
      await elsewhere.close();
    }
  },
};

/** To the process that was started, as a supervisor does it. */
export const terminated: Case = {
  name: "SIGTERM",
  promised: /^rc 143$/,
  async act(open) {
    const project = await open({ hasProcess: true });
    project.hold();
    const running = project.start();
    await project.waitUntilHeld();
    running.signal("SIGTERM", "leader");
    const ended = await Promise.race([running.ended, sleep(20_000, undefined)]);
    if (ended === undefined) {
      running.signal("SIGKILL", "group");
      return { word: "not heeded" };
    }
    // A task may need a moment to end.
    await sleep(3000);
    const survivors = await project.findSurvivors();
    running.signal("SIGKILL", "group");
    const orphans = survivors.length > 0 ? ", orphan" : "";
    return { word: `${wordExit(ended)}${orphans}`, details: survivors.join(", ") };
  },
};

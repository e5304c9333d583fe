import { readFile, writeFile } from "node:fs/promises";
import type { Case, OpenProject, Sight } from "../tool.ts";
import { at, countAll, otherBytes, overwrite, run, runWell, sightOf, wordExit } from "./act.ts";

/** The second input is another one while the task reads it; the run after that one has the first again. */
export const inputEditedWhileRunning: Case = {
  name: "input edited while the task ran, then put back",
  promised: /^ok$/,
  async act(open) {
    const project = await open();
    const input = at(project, project.inputs[1]);
    const content = await readFile(input);
    project.hold();
    const running = project.start();
    await project.waitUntilHeld();
    await writeFile(input, otherBytes(content));
    project.release();
    const first = await running.ended;
    await writeFile(input, content);
    const sight = await sightOf(project, await run(project), "poisoned");
    return { ...sight, details: `the first run: ${wordExit(first)}, ${sight.details ?? ""}` };
  },
};

export const argumentsSwapped: Case = {
  name: "two arguments swapped",
  promised: /^ok$/,
  async act(open) {
    const project = await open();
    await runWell(project);
    await project.setArguments(["two", "one"]);
    return sightOf(project, await run(project), "stale");
  },
};

/** What the task sees of a variable that nothing declares: the new value, an old one, or nothing at all. */
export const undeclaredVariable: Case = {
  name: "undeclared variable changed",
  promised: /^hidden$/,
  async act(open) {
    const project = await open({ hasProcess: true });
    for (const word of ["before", "after"]) {
      // Buildx takes the second from the environment by itself.
      const ended = await run(project, { TORTURE_WORD: word, SOURCE_DATE_EPOCH: word.length.toString() });
      if (ended.exitCode !== 0) return { word: wordExit(ended), details: ended.stderr };
    }
    const seen = await project.readVariable();
    return { word: { after: "ok", before: "stale", "": "hidden" }[seen] ?? seen };
  },
};

/** Large enough that a tool may wish to remember its digest. */
const LARGE = "x".repeat(63) + "\n".repeat(1);
const LARGE_TIMES = 40_000;

export const inputEditedUnseen: Case = {
  name: "input edited, same size and mtime",
  promised: /^ok$/,
  async act(open): Promise<Sight> {
    const project = await open();
    const input = at(project, project.inputs[1]);
    await writeFile(input, LARGE.repeat(LARGE_TIMES));
    await runWell(project);
    await overwrite(input, { keepTimes: true });
    return sightOf(project, await run(project), "stale");
  },
};

export const inputTouched: Case = {
  name: "touch without change",
  promised: /^ok$/,
  async act(open: OpenProject) {
    const project = await open();
    await runWell(project);
    const before = countAll(project);
    for (const input of project.inputs) {
      const content = await readFile(at(project, input));
      await writeFile(at(project, input), content);
    }
    const sight = await sightOf(project, await run(project), "stale");
    return sight.word === "ok" && countAll(project) > before ? { word: "reruns" } : sight;
  },
};

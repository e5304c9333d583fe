import { rm } from "node:fs/promises";
import type { Case } from "../tool.ts";
import { at, overwrite, run, runWell, sightOf } from "./act.ts";

/** Somebody edits what was made. */
export const outputEdited: Case = {
  name: "output edited after the run",
  promised: /^ok$/,
  async act(open) {
    const project = await open();
    await runWell(project);
    await overwrite(at(project, project.outputs[0]), { keepTimes: false });
    return sightOf(project, await run(project), "stale");
  },
};

/** The same, so that neither size nor time tells. */
export const outputEditedUnseen: Case = {
  name: "the same, size and mtime kept",
  promised: /^ok$/,
  async act(open) {
    const project = await open();
    await runWell(project);
    await overwrite(at(project, project.outputs[0]), { keepTimes: true });
    return sightOf(project, await run(project), "stale");
  },
};

export const outputDeleted: Case = {
  name: "one of two outputs deleted",
  promised: /^ok$/,
  async act(open) {
    const project = await open();
    await runWell(project);
    // The second: what looks at the first alone does not see it.
    await rm(at(project, project.outputs[1]));
    return sightOf(project, await run(project), "stale");
  },
};

/** A version that makes one file more, and back to the one before. */
export const extraFile: Case = {
  name: "extra file left after restore",
  needsCache: true,
  promised: /^ok$/,
  async act(open) {
    const project = await open();
    await runWell(project);
    await project.setArguments(["one", "two", "extra"]);
    await runWell(project);
    await project.setArguments(["one", "two"]);
    return sightOf(project, await run(project), "stale");
  },
};

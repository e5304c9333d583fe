import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { findProcesses, startCommand, waitUntil } from "./processes.ts";
import type { Difference, Project, Tool } from "./tool.ts";
import { listFiles } from "./tree.ts";

/** How a tool that runs commands is told of ours. */
export type CommandTool = {
  readonly name: string;
  readonly prepare: () => Promise<void>;
  /** Writes the tool's own files for a task `copy` that runs `sh task.sh ARG…`. */
  readonly configure: (folder: string, args: readonly string[]) => Promise<void>;
  /** What its users type. */
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Which files of a project, by relative path, are cache entries; left out for a tool without a cache. */
  readonly isCacheEntry?: (file: string) => boolean;
  /** Ends what the tool leaves running in a folder. */
  readonly end?: (folder: string) => Promise<void>;
};

const INPUTS = ["first.txt", "second.txt"] as const;
const OUTPUTS = ["out/first.txt", "out/second.txt"] as const;
const MODE = 0o755;

/** A build tool, from how it is told of one command. */
export function createCommandTool(tool: CommandTool): Tool {
  return {
    name: tool.name,
    prepare: tool.prepare,
    async open(folder) {
      // Beside the project and not below: it neither moves with it nor is an input.
      const side = `${folder}-side`;
      mkdirSync(side, { recursive: true });
      await writeFile(path.join(folder, "task.sh"), taskScript(side), { mode: MODE });
      await Promise.all(INPUTS.map((name) => writeFile(path.join(folder, name), `${name}, as it was\n`)));
      const project = createProject(tool, folder, side, { args: [] });
      await project.setArguments(["one", "two"]);
      return project;
    },
  };
}

/** Says that it runs, waits while it is held, and only then reads. */
function taskScript(side: string): string {
  return `#!/bin/sh
set -e
echo run >> '${side}/runs'
if [ -e '${side}/held' ]; then echo waits >> '${side}/waiting'; fi
while [ -e '${side}/held' ]; do sleep 0.05; done
mkdir -p out
{ echo "$# $*, \${TORTURE_WORD-}"; cat first.txt; } > out/first.txt
cat second.txt > out/second.txt
for arg; do if [ "$arg" = extra ]; then echo more > out/extra.txt; fi; done
`;
}

function createProject(
  tool: CommandTool,
  folder: string,
  side: string,
  state: { args: readonly string[] },
): Project {
  const { isCacheEntry } = tool;
  const at = (file: string): string => path.join(folder, file);
  const atSide = (file: string): string => path.join(side, file);
  return {
    folder,
    inputs: INPUTS,
    outputs: OUTPUTS,
    async setArguments(args) {
      state.args = args;
      await tool.configure(folder, args);
    },
    start: (environment) =>
      startCommand(tool.command, { folder, environment: { ...tool.environment, ...environment } }),
    countRuns: () => new Map([["copy", countLines(atSide("runs"))]]),
    restoreRuns: 0,
    judge: () => judge(folder, state.args),
    readVariable: async () => firstLine(await readFile(at(OUTPUTS[0]), "utf8")).split(", ")[1] ?? "",
    listCache:
      isCacheEntry && (async () => (await listFiles(folder)).filter((file) => isCacheEntry(file)).map(at)),
    hold() {
      rmSync(atSide("waiting"), { force: true });
      writeFileSync(atSide("held"), "");
    },
    async waitUntilHeld() {
      if (!(await waitUntil(() => existsSync(atSide("waiting")), 30_000)))
        throw new Error("the task was not started within half a minute");
    },
    release: () => rmSync(atSide("held"), { force: true }),
    findSurvivors: async () => findProcesses("task.sh").flatMap((pid) => describeTask(pid, folder)),
    async moveTo(target) {
      await tool.end?.(folder);
      await rename(folder, target);
      return createProject(tool, target, side, state);
    },
    async close() {
      rmSync(atSide("held"), { force: true });
      // It may have moved away.
      if (existsSync(folder)) await tool.end?.(folder);
      await waitUntil(
        () => findProcesses("task.sh").every((pid) => describeTask(pid, folder).length === 0),
        2000,
      );
      await Promise.all(
        [folder, side].map((place) => rm(place, { recursive: true, force: true, maxRetries: 5 })),
      );
    },
  };
}

async function judge(folder: string, args: readonly string[]): Promise<Difference> {
  const read = (file: string) => readFile(path.join(folder, file), "utf8").catch(() => undefined);
  const [first, second] = await Promise.all(OUTPUTS.map(read));
  const wanted = args.includes("extra") ? 3 : 2;
  if (first === undefined || second === undefined) return "missing";
  const word = firstLine(first).split(", ")[1] ?? "";
  const rightFirst = `${args.length} ${args.join(" ")}, ${word}\n${await read(INPUTS[0])}`;
  if (first !== rightFirst || second !== (await read(INPUTS[1]))) return "wrong";
  const made = (await listFiles(path.join(folder, "out"))).length;
  return made > wanted ? "left" : made < wanted ? "missing" : "right";
}

function describeTask(pid: number, folder: string): readonly string[] {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) ? [`task.sh (${pid})`] : [];
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

function countLines(file: string): number {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0;
}

/** Writes files of a project; missing folders are made. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | object>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const place = path.join(folder, name);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, typeof content === "string" ? content : JSON.stringify(content, undefined, 2));
  }
}

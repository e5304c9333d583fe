import { writeFileSync } from "node:fs";
import { cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { writeFiles } from "../copy-task.ts";
import { type GateServer, startGateServer } from "../gate-server.ts";
import {
  demandCommand,
  findProcesses,
  type Running,
  runCommand,
  startCommand,
  waitUntil,
} from "../processes.ts";
import type { Project, ProjectWish, Tool } from "../tool.ts";
import { compareTrees, listFiles, readTree } from "../tree.ts";

/** The built program; another one for `TORTURE_PROGRAM`. */
const PROGRAM =
  process.env.TORTURE_PROGRAM || new URL("../../../dist/mlpackage.js", import.meta.url).pathname;

const PACKAGE = "package";

/**
 * A package whose saved folder is the output: the code is the first input, a model the second, the command of the
 * server the argument list. Another model comes from a web server of ours, and so holds the run. The cache lies beside
 * the package and moves with it.
 */
export const mlpackage: Tool = {
  name: "mlpackage",
  async prepare() {
    if (pythonImage() === "")
      throw new Error("RIG_PYTHON_IMAGE is not set: run this under test/rig/with-rig.sh");
    await demandCommand(["node", PROGRAM, "--version"], { folder: "/" });
  },
  async open(folder, wish = {}) {
    const gate = await startGateServer();
    opened += 1;
    const name = `torture-${process.pid}-${opened}`;
    const project = createProject({
      folder,
      name,
      gate,
      wish,
      runs: new Map(),
      args: [],
      cleanTrees: new Map(),
    });
    await writeFiles(path.join(folder, PACKAGE), {
      "app/first.py": "first, as it was\n",
      "words.txt": "second, as it was\n",
      "base/Dockerfile": baseDockerfile("true"),
    });
    await project.setArguments(["one", "two"]);
    return project;
  },
};

let opened = 0;

/** Starts the program on a folder. What it says on standard error is one JSON object a line. */
export function startMlpackage(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  limitMs = 120_000,
): Running {
  return startCommand(["node", PROGRAM, ...args, "--progress", "json"], {
    ...{ folder, limitMs },
    environment: { NO_COLOR: "1", ...environment },
  });
}

/** Debian with Python, of the rig. */
export function pythonImage(): string {
  return process.env.RIG_PYTHON_IMAGE ?? "";
}

/** The steps that a run has really run, from its events. */
export function startedSteps(stderr: string): readonly string[] {
  return readEvents(stderr).flatMap((event) => (event.type === "step-started" ? [String(event.step)] : []));
}

/** The JSON lines of a run's standard error; other lines are left out. */
export function readEvents(stderr: string): readonly Readonly<Record<string, unknown>>[] {
  return stderr.split("\n").flatMap((line) => {
    try {
      return line.startsWith("{") ? [JSON.parse(line)] : [];
    } catch {
      // Cut short: the run was killed.
      return [];
    }
  });
}

type State = {
  readonly folder: string;
  readonly name: string;
  readonly gate: GateServer;
  readonly wish: ProjectWish;
  readonly runs: Map<string, number>;
  /** What clean runs made, by all that went into them. */
  readonly cleanTrees: Map<string, ReadonlyMap<string, string>>;
  args: readonly string[];
};

function createProject(state: State): Project {
  const { folder, name, gate, wish, runs } = state;
  const marker = `300.${name.replaceAll(/\D/g, "")}`;
  const at = (file: string): string => path.join(folder, PACKAGE, file);
  const saved = at("out");
  return {
    folder,
    inputs: [`${PACKAGE}/app/first.py`, `${PACKAGE}/words.txt`],
    outputs: [`${PACKAGE}/out/app/first.py`, `${PACKAGE}/out/models/words/0/words.txt`],
    async setArguments(args) {
      state.args = args;
      await configure(state);
    },
    start(environment) {
      const only = wish.hasProcess ? [] : ["--only", "save:out"];
      const running = startMlpackage(path.join(folder, PACKAGE), ["apply", ...only], {
        MLPACKAGE_CACHE_DIR: path.join(folder, "cache"),
        ...environment,
      });
      const ended = running.ended.then((end) => {
        for (const step of startedSteps(end.stderr)) runs.set(step, (runs.get(step) ?? 0) + 1);
        return end;
      });
      return { ...running, ended };
    },
    countRuns: () => new Map(runs),
    // The step `save:out` is what puts the folder back.
    restoreRuns: 1,
    judge: async () => compareTrees(await readTree(saved), await readCleanTree(state)),
    readVariable: async () =>
      (
        await demandCommand(["docker", "run", "--rm", `${name}:latest`, "cat", "/word"], { folder })
      ).stdout.trim(),
    listCache: async () =>
      (await listFiles(path.join(folder, "cache"))).map((file) => path.join(folder, "cache", file)),
    hold() {
      if (wish.hasProcess) holdInBuild(at("base/Dockerfile"), marker);
      else gate.hold();
    },
    async waitUntilHeld() {
      const isHeld = wish.hasProcess ? () => findProcesses(marker).length > 0 : gate.isAsked;
      if (!(await waitUntil(isHeld, 30_000))) throw new Error("no step was started within half a minute");
    },
    release: gate.release,
    async findSurvivors() {
      const found = [marker, folder].flatMap(findProcesses);
      return found.map((pid) => `process ${pid}`);
    },
    async moveTo(target) {
      await rename(folder, target);
      return createProject({ ...state, folder: target });
    },
    async close() {
      gate.close();
      if (wish.hasProcess)
        await runCommand(["docker", "image", "rm", "--force", `${name}:latest`], { folder: "/" });
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function configure({ folder, name, gate, wish, args }: State): Promise<void> {
  const base = wish.hasProcess ? "{dockerfile: base/Dockerfile}" : pythonImage();
  const image = wish.hasProcess ? `, {type: image, tags: ["${name}:latest"]}` : "";
  // One file more, and nothing else that a look at the others would show.
  const words = args.filter((word) => word !== "extra");
  await writeFiles(path.join(folder, PACKAGE), {
    "mlpackage.yaml": [
      `name: ${name}`,
      `base_image: ${base}`,
      `models: [{name: words, source: words.txt}, {name: gate, source: "${gate.url}"}]`,
      `inference: {command: ${JSON.stringify(["python3", "-m", "server", ...words])}, source_directory: app}`,
      `outputs: [{type: dockerfile, path: out}${image}]`,
      "",
    ].join("\n"),
  });
  const extra = path.join(folder, PACKAGE, "app/extra.py");
  if (args.includes("extra")) await writeFile(extra, "more\n");
  else await rm(extra, { force: true });
}

function baseDockerfile(command: string): string {
  return `FROM ${pythonImage()}\nARG TORTURE_WORD\nRUN echo "$TORTURE_WORD" > /word && ${command}\n`;
}

function holdInBuild(dockerfile: string, marker: string): void {
  writeFileSync(dockerfile, baseDockerfile(`sleep ${marker}`));
}

/** The saved folder that a copy of the package gives with an empty cache. */
async function readCleanTree({ folder, gate, cleanTrees }: State): Promise<ReadonlyMap<string, string>> {
  const aside = `${folder}-clean`;
  const source = path.join(folder, PACKAGE);
  await mkdir(aside, { recursive: true });
  try {
    const target = path.join(aside, PACKAGE);
    await cp(source, target, { recursive: true, filter: (file) => file !== path.join(source, "out") });
    const inputs = JSON.stringify([[...(await readTree(target))], gate.version()]);
    const known = cleanTrees.get(inputs);
    if (known !== undefined) return known;
    const cache = path.join(aside, "cache");
    const running = startMlpackage(target, ["apply", "--only", "save:out"], { MLPACKAGE_CACHE_DIR: cache });
    const { exitCode, stderr } = await running.ended;
    if (exitCode !== 0) throw new Error(`a clean run of mlpackage failed: ${stderr}`);
    const tree = await readTree(path.join(target, "out"));
    cleanTrees.set(inputs, tree);
    return tree;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

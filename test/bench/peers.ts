import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeFiles } from "../torture/copy-task.ts";
import { demandCommand, runCommand } from "../torture/processes.ts";
import {
  installDebianTool,
  installNpmTool,
  type NpmTool,
  nodeModulesOf,
  QUIET,
} from "../torture/tools/installed.ts";
import { linkOnce } from "../torture/tools/link-once.ts";
import type { Bench, Contender } from "./run.ts";

/** A build tool with many small tasks, each of which copies one file. */
type Peer = {
  readonly name: string;
  readonly prepare: () => Promise<void>;
  readonly configure: (folder: string, count: number) => Promise<void>;
  readonly command: (count: number) => readonly string[];
  readonly end?: (folder: string) => Promise<void>;
};

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);
const copyCommand = (number: number): string => `cp in/${number}.txt out/${number}.txt`;
const linkTo = (tool: NpmTool, folder: string): Promise<void> =>
  linkOnce(nodeModulesOf(tool), path.join(folder, "node_modules"));

const PEERS: readonly Peer[] = [
  {
    name: "ninja",
    prepare: () => installDebianTool("ninja"),
    configure: (folder, count) =>
      writeFiles(folder, {
        "build.ninja": [
          "rule copy",
          "  command = cp $in $out",
          ...numbers(count).map((number) => `build out/${number}.txt: copy in/${number}.txt`),
          "",
        ].join("\n"),
      }),
    command: () => ["ninja"],
  },
  {
    name: "make",
    prepare: () => installDebianTool("make"),
    configure: (folder, count) =>
      writeFiles(folder, {
        Makefile: [
          `all: ${numbers(count)
            .map((number) => `out/${number}.txt`)
            .join(" ")}`,
          "out/%.txt: in/%.txt",
          "\tcp $< $@",
          "",
        ].join("\n"),
      }),
    command: () => ["make", "-j2"],
  },
  {
    name: "turbo",
    prepare: () => installNpmTool("turbo"),
    async configure(folder, count) {
      await linkTo("turbo", folder);
      const task = (number: number) => ({ inputs: [`in/${number}.txt`], outputs: [`out/${number}.txt`] });
      await writeFiles(folder, {
        "package.json": {
          name: "bench",
          private: true,
          packageManager: "npm@10.8.2",
          scripts: byTask(count, copyCommand),
        },
        "turbo.json": { tasks: byTask(count, task) },
      });
    },
    command: (count) => ["node_modules/.bin/turbo", "run", ...Object.keys(byTask(count, String))],
  },
  {
    name: "moon",
    prepare: () => installNpmTool("moon"),
    async configure(folder, count) {
      const task = (number: number) => ({
        command: copyCommand(number),
        inputs: [`in/${number}.txt`],
        outputs: [`out/${number}.txt`],
      });
      const all = { command: "noop", deps: Object.keys(byTask(count, String)).map((name) => `~:${name}`) };
      await writeFiles(folder, {
        ".gitignore": ".moon/cache\nout\n",
        ".moon/workspace.yml": 'projects: {bench: "."}\ntelemetry: false\n',
        // JSON is YAML.
        "moon.yml": { tasks: { ...byTask(count, task), all } },
      });
      const commit = "git -c user.name=b -c user.email=b@localhost commit -q -m b";
      await demandCommand(["sh", "-c", `git init -q . && git add -A && ${commit}`], { folder });
    },
    command: () => [`${nodeModulesOf("moon")}/.bin/moon`, "run", "bench:all"],
  },
  {
    name: "nx, its daemon up",
    prepare: () => installNpmTool("nx"),
    async configure(folder, count) {
      await linkTo("nx", folder);
      const target = (number: number) => ({
        executor: "nx:run-commands",
        cache: true,
        inputs: [`{projectRoot}/in/${number}.txt`],
        outputs: [`{projectRoot}/out/${number}.txt`],
        options: { command: copyCommand(number), cwd: "{projectRoot}" },
      });
      await writeFiles(folder, {
        "package.json": { name: "bench", private: true, version: "0.0.0" },
        "nx.json": { neverConnectToCloud: true, analytics: false },
        "project.json": { name: "bench", root: ".", targets: byTask(count, target) },
      });
    },
    command: (count) => [
      "node_modules/.bin/nx",
      "run-many",
      "-t",
      Object.keys(byTask(count, String)).join(","),
    ],
    async end(folder) {
      await runCommand(["node_modules/.bin/nx", "daemon", "--stop"], { folder, environment: QUIET });
    },
  },
  {
    name: "wireit, through npm",
    prepare: () => installNpmTool("wireit"),
    async configure(folder, count) {
      await linkTo("wireit", folder);
      const task = (number: number) => ({
        command: copyCommand(number),
        files: [`in/${number}.txt`],
        output: [`out/${number}.txt`],
      });
      const all = { dependencies: Object.keys(byTask(count, String)) };
      await writeFiles(folder, {
        "package.json": {
          name: "bench",
          private: true,
          scripts: { ...byTask(count, () => "wireit"), all: "wireit" },
          wireit: { ...byTask(count, task), all },
        },
      });
    },
    command: () => ["npm", "run", "all"],
  },
];

/** Nothing to do. */
export const peers10 = warmBench(10, 7);
export const peers300 = warmBench(300, 5);

/** From an empty cache: the times divided by the number of tasks are what a tool adds to each. */
export const peersCold: Bench = {
  name: "peers-cold-300",
  rounds: 3,
  prepare: () =>
    prepareAll(300, async (peer, make) => {
      // A fresh project each round, and one to warm up with.
      const folders = await Promise.all(numbers(peersCold.rounds + 1).map(make)).then((all) => all.values());
      return { run: () => runPeer(peer, folders.next().value ?? "", 300) };
    }),
};

function warmBench(count: number, rounds: number): Bench {
  return {
    name: `peers-${count}`,
    rounds,
    prepare: () =>
      prepareAll(count, async (peer, make) => {
        const folder = await make();
        await runPeer(peer, folder, count);
        return { run: () => runPeer(peer, folder, count) };
      }),
  };
}

type PrepareOne = (peer: Peer, make: () => Promise<string>) => Promise<Pick<Contender, "run">>;

/** Those that can be had; of the others, why not. */
async function prepareAll(count: number, prepareOne: PrepareOne) {
  const directory = await mkdtemp(path.join(tmpdir(), "mlpackage-bench-peers-"));
  const ends: (() => Promise<void> | undefined)[] = [];
  const contenders: Contender[] = [];
  for (const peer of PEERS) {
    const make = async (): Promise<string> => {
      const folder = path.join(directory, `${peer.name.replace(/\W.*/, "")}-${ends.length}`);
      ends.push(() => peer.end?.(folder));
      await mkdir(path.join(folder, "in"), { recursive: true });
      await mkdir(path.join(folder, "out"));
      await writeFiles(folder, byNumber(count));
      await peer.configure(folder, count);
      return folder;
    };
    try {
      await peer.prepare();
      contenders.push({ name: `${peer.name}, ${count} tasks`, ...(await prepareOne(peer, make)) });
    } catch (error) {
      process.stderr.write(`${peer.name} is left out: ${String(error).slice(0, 1000)}\n`);
    }
  }
  const cleanUp = async (): Promise<void> => {
    for (const end of ends) await end();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  return { contenders, cleanUp };
}

async function runPeer(peer: Peer, folder: string, count: number): Promise<void> {
  await demandCommand(peer.command(count), { folder, environment: QUIET, limitMs: 300_000 });
}

function byTask<T>(count: number, make: (number: number) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(numbers(count).map((number) => [`copy${number}`, make(number)]));
}

function byNumber(count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(numbers(count).map((number) => [`in/${number}.txt`, `content ${number}\n`]));
}

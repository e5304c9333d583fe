import { execFileSync } from "node:child_process";
import { cp, mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { writeFiles } from "../copy-task.ts";
import { type Ended, type Running, runCommand, wordEnd } from "../processes.ts";
import type { Sandbox } from "../sandbox.ts";
import { pythonImage, readEvents, startMlpackage } from "../tools/mlpackage.ts";
import { compareTrees, readTree } from "../tree.ts";

/** A small package, which is quickly saved as a folder and, if so wished, built. */
export type OwnPackage = {
  readonly name: string;
  readonly folder: string;
  readonly cache: string;
  readonly at: (file: string) => string;
  readonly start: (options?: StartOptions) => Running;
  readonly run: (options?: StartOptions) => Promise<Ended>;
  /** Writes the code and the model in one of two versions. */
  readonly write: (version: Version) => Promise<void>;
  /** The same package in another folder, without its outputs; with the same cache unless another is named. */
  readonly copyTo: (folder: string, cache?: string) => Promise<OwnPackage>;
  /** What is wrong with the outputs, in words; nothing where a clean run of the same version made the same. */
  readonly findWrong: () => Promise<readonly string[]>;
};

export type Version = "a" | "b";

export type StartOptions = {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly limitMs?: number;
};

export type OwnPackageOptions = {
  /** Built and named too. */
  readonly hasImage?: boolean;
  readonly cache?: string;
  readonly folder?: string;
  /** More lines of `mlpackage.yaml`. */
  readonly models?: readonly string[];
};

let opened = 0;

export async function openOwnPackage(sandbox: Sandbox, options: OwnPackageOptions = {}): Promise<OwnPackage> {
  opened += 1;
  const name = `torture-own-${process.pid}-${opened}`;
  const place = options.folder ?? sandbox.makeFolder("package");
  const cache = options.cache ?? sandbox.makeFolder("cache");
  const made = describePackage(
    { ...options, name, place, cache, rightOnes: new Map(), chosen: { version: "a" } },
    sandbox,
  );
  await made.write("a");
  if (options.hasImage) sandbox.undoLater(() => removeImages([`${name}:latest`, rightTag(name)]));
  const outputs = [
    "{type: dockerfile, path: out}",
    ...(options.hasImage ? [`{type: image, tags: ["${name}:latest"]}`] : []),
  ];
  await writeFiles(place, {
    "mlpackage.yaml": [
      `name: ${name}`,
      `base_image: ${pythonImage()}`,
      `models: [${["{name: words, source: words.txt}", ...(options.models ?? [])].join(", ")}]`,
      'inference: {command: [python3, "-m", server], source_directory: app}',
      `outputs: [${outputs.join(", ")}]`,
      "",
    ].join("\n"),
  });
  return made;
}

type State = OwnPackageOptions & {
  readonly name: string;
  readonly place: string;
  readonly cache: string;
  /** What a clean run made of each version. */
  readonly rightOnes: Map<Version, Made>;
  readonly chosen: { version: Version };
};

type Made = { readonly tree: ReadonlyMap<string, string>; readonly layers: string };

function describePackage(state: State, sandbox: Sandbox): OwnPackage {
  const { name, place, cache, hasImage, rightOnes } = state;
  const args = ["apply", ...(hasImage ? [] : ["--only", "save:out"])];
  const start = (options: StartOptions = {}): Running =>
    startMlpackage(
      place,
      [...args, ...(options.args ?? [])],
      { MLPACKAGE_CACHE_DIR: cache, ...options.environment },
      options.limitMs,
    );
  return {
    ...{ name, cache, start, folder: place },
    at: (file) => path.join(place, file),
    run: (options) => start(options).ended,
    async write(version) {
      state.chosen.version = version;
      await writeFiles(place, contentsOf(version));
    },
    async copyTo(folder, otherCache = cache) {
      await cp(place, folder, { recursive: true, filter: (file) => file !== path.join(place, "out") });
      return describePackage({ ...state, place: folder, cache: otherCache }, sandbox);
    },
    async findWrong() {
      const right = rightOnes.get(state.chosen.version) ?? (await makeRight(state, sandbox));
      rightOnes.set(state.chosen.version, right);
      const difference = compareTrees(await readTree(path.join(place, "out")), right.tree);
      const layers = hasImage ? await readLayers(`${name}:latest`) : "";
      return [
        ...(difference === "right" ? [] : [`the saved folder is ${difference}`]),
        ...(layers === right.layers ? [] : [`the image has other layers: ${layers} and not ${right.layers}`]),
      ];
    },
  };
}

/** What a clean run makes, in another folder and with an empty cache. */
async function makeRight({ place, hasImage, name, chosen }: State, sandbox: Sandbox): Promise<Made> {
  const folder = sandbox.makeFolder("right");
  const target = path.join(folder, "package");
  await mkdir(target);
  for (const file of ["app", "words.txt", "mlpackage.yaml"])
    await cp(path.join(place, file), path.join(target, file), { recursive: true });
  // Under another tag, for that of the package is what is looked at.
  const outputs = [
    { type: "dockerfile", path: "out" },
    { type: "image", tags: [rightTag(name)] },
  ];
  const args = hasImage ? ["--set", `outputs=${JSON.stringify(outputs)}`] : ["--only", "save:out"];
  const environment = { MLPACKAGE_CACHE_DIR: path.join(folder, "cache") };
  const ended = await startMlpackage(target, ["apply", ...args], environment).ended;
  if (ended.exitCode !== 0)
    throw new Error(`a clean run of version ${chosen.version} failed: ${wordEnd(ended)}`);
  const tree = await readTree(path.join(target, "out"));
  await rm(folder, { recursive: true, force: true });
  return { tree, layers: hasImage ? await readLayers(rightTag(name)) : "" };
}

function rightTag(name: string): string {
  return `${name}-right:latest`;
}

/** The layers of an image; in words where the engine has none of that name. */
async function readLayers(tag: string): Promise<string> {
  const command = ["docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", tag];
  const { exitCode, stdout } = await runCommand(command, { folder: "/" });
  return exitCode === 0 ? stdout.trim() : `there is no ${tag}`;
}

function contentsOf(version: Version): Readonly<Record<string, string>> {
  return {
    "app/server.py": `print("version ${version}")\n`,
    "app/data/table.csv": `${version},1\n`.repeat(5000),
    "words.txt": `words of version ${version}\n`.repeat(2000),
  };
}

/** What a run said that no user should see: a bug told as such, or where in our code it was met. */
export function findRudeness({ exitCode, stderr }: Ended): readonly string[] {
  return [
    ...(exitCode === 70 ? ["told as a bug of ours"] : []),
    ...(/^\s+at .*[:(]/m.test(stderr) ? ["shows a stack trace"] : []),
  ];
}

/** The messages of a run's diagnostics, and whatever it said that is no event. */
export function messagesOf({ stderr }: Ended): string {
  const diagnostics = readEvents(stderr).flatMap((event) => {
    const outcome = event.outcome as { readonly diagnostics?: readonly unknown[] } | undefined;
    return [event.diagnostic, ...(outcome?.diagnostics ?? [])].filter((one) => one !== undefined);
  });
  const others = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
  return [...diagnostics.map((one) => JSON.stringify(one)), ...others].join("\n");
}

function removeImages(tags: readonly string[]): void {
  try {
    execFileSync("docker", ["image", "rm", "--force", ...tags], { stdio: "ignore", timeout: 60_000 });
  } catch {
    // They were never made.
  }
}

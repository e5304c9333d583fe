import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, mkdir, mkdtemp, open, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { createNodeHost } from "../../src/host/node-host.ts";
import { type Digest, startDigest } from "../../src/model/digest.ts";
import { createRepository } from "../../src/registries/repository.ts";
import type { Bench, Contender } from "./run.ts";

/** Images with large weights: what we put together against what buildx builds, into a registry and into the engine. */

const CLI = path.resolve("dist/mlpackage.js");
const GIB = 1 << 30;

/** Named by the rig; without it none of this runs. */
const registry = process.env.RIG_REGISTRY ?? "";
const baseImage = `${registry}/bench/python:1`;

const SCRIPT = "def init():\n    pass\n\n\ndef run(data):\n    return data\n";

type Sizes = readonly number[];

/** A package with weights of these sizes, and the same for buildx: the weights first, which is the best it can do. */
export async function openPackage(sizes: Sizes) {
  const directory = await mkdtemp(path.join(tmpdir(), "mlpackage-bench-"));
  const folder = path.join(directory, "package");
  await mkdir(path.join(folder, "src"), { recursive: true });
  const files = sizes.map((_size, index) => path.join(folder, `weights-${index}.bin`));
  for (const [index, file] of files.entries()) await writeRandom(file, sizes[index] ?? 0);
  await writeFile(path.join(folder, "src/score.py"), SCRIPT);
  const script = path.join(folder, "src/score.py");
  const repository = () => `${registry}/bench/${randomBytes(6).toString("hex")}`;
  let caches = 0;

  async function configure(tag: string, { push = true, load = false, environment = "" } = {}): Promise<void> {
    await configureOutput(`{type: image, tags: ["${tag}"], load: ${load}, push: ${push}}`, environment);
  }

  async function configureOutput(output: string, environment = ""): Promise<void> {
    await writeFile(
      path.join(folder, "mlpackage.yaml"),
      [
        "name: bench",
        `models: [${files.map((file) => path.basename(file)).join(", ")}]`,
        `base_image: ${baseImage}`,
        environment === "" ? "environment: {python: {managed: false}}" : environment,
        "inference: {entry_script: score.py, source_directory: src}",
        `outputs: [${output}]`,
      ].join("\n"),
    );
  }

  return {
    folder,
    files,
    script,
    repository,
    configure,
    configureOutput,
    /** Other bytes, so that nobody has seen them; only the first differ, and nobody knows. */
    async renew(): Promise<void> {
      for (const file of files) {
        const handle = await open(file, "r+");
        await handle.write(randomBytes(64), 0, 64, 0);
        await handle.close();
      }
      // A time stamp this young is not trusted yet.
      await new Promise((resolve) => setTimeout(resolve, 2_100));
    },
    forgetCache: async (): Promise<void> => {
      await rm(path.join(directory, `cache-${caches}`), { recursive: true, force: true });
      caches += 1;
    },
    apply: (environment: Record<string, string> = {}, ...args: string[]) =>
      execa("node", [CLI, "-C", folder, ...args, "apply", "--no-test"], {
        env: { MLPACKAGE_CACHE_DIR: path.join(directory, `cache-${caches}`), ...environment },
        stdin: "ignore",
      }),
    cleanUp: () => rm(directory, { recursive: true, force: true }),
  };
}

type Opened = Awaited<ReturnType<typeof openPackage>>;

async function writeRandom(file: string, size: number): Promise<void> {
  await execa("sh", ["-c", 'head -c "$1" /dev/urandom > "$2"', "sh", String(size), file]);
}

/** Nothing of a round before is left in the engine, nor in the registry of a rig of ours. */
export async function forgetEverything(): Promise<void> {
  await execa(
    "docker",
    ["image", "prune", "--force", "--all", "--filter", "label=org.opencontainers.image.title=bench"],
    { reject: false },
  );
  const { stdout } = await execa("docker", ["images", "--format", "{{.Repository}}:{{.Tag}}"]);
  const pushed = stdout.split("\n").filter((name) => name.startsWith(`${registry}/bench/`));
  if (pushed.length > 0) await execa("docker", ["image", "rm", "--force", ...pushed], { reject: false });
  await execa("docker", ["image", "prune", "--force"], { reject: false });
  await execa("docker", ["builder", "prune", "--force", "--all"], { reject: false });
  const data = path.join(process.env.RIG_HOME ?? "/nowhere", "registries/open/data/docker/registry/v2");
  await rm(data, { recursive: true, force: true });
  await pushBase();
}

async function pushBase(): Promise<void> {
  await execa("docker", ["tag", process.env.RIG_PYTHON_IMAGE ?? "", baseImage]);
  await execa("docker", ["push", "--quiet", baseImage]);
}

const DEFAULT_DOCKERFILE = (base: string, run = "") => `FROM ${base}\n${run}COPY . /app\n`;
const BEST_DOCKERFILE = (base: string, run = "") =>
  `FROM ${base}\n${run}COPY --link weights-*.bin /weights/\nCOPY --link src /app\n`;

type BuildxOptions = {
  readonly dockerfile: string;
  readonly outputs: string;
  readonly flags?: readonly string[];
};

function buildx({ folder }: Opened, { dockerfile, outputs, flags = [] }: BuildxOptions) {
  const args = [
    "buildx",
    "build",
    "--provenance=false",
    "--output",
    outputs,
    ...flags,
    "--file",
    "-",
    folder,
  ];
  return execa("docker", args, { input: dockerfile });
}

const best = (tag: string): string =>
  `type=image,name=${tag},push=true,compression=uncompressed,oci-mediatypes=true`;
const usual = (tag: string): string => `type=image,name=${tag},push=true`;

/** One request, with a digest that is known: what the machine and its registry can do. */
async function curlPut(file: string, digest: string): Promise<void> {
  const uploads = `http://${registry}/v2/bench/floor-${randomBytes(6).toString("hex")}/blobs/uploads/`;
  const { headers } = await fetch(uploads, { method: "POST" });
  const place = new URL(headers.get("location") ?? "", uploads);
  place.searchParams.set("digest", digest);
  const type = "content-type: application/octet-stream";
  await execa("curl", [
    "--silent",
    "--fail",
    "--output",
    "/dev/null",
    "--upload-file",
    file,
    "--header",
    type,
    place.href,
  ]);
}

/** As `push` sends layers whose digests it knows: all at once, each in the manner of its size. */
async function sendAll(opened: Opened, digests: readonly string[]): Promise<void> {
  const host = createNodeHost({}, path.join(opened.folder, "../client-cache"));
  const { host: address, pathname } = new URL(`http://${opened.repository()}`);
  const repository = createRepository({
    registry: address,
    repository: pathname.slice(1),
    network: host.network,
    clock: host.clock,
    random: host.random,
    findCredentials: async () => undefined,
  });
  const { signal } = new AbortController();
  await Promise.all(
    opened.files.map(async (file, index) => {
      const { size } = await stat(file);
      const chunks = (start?: number) => host.files.readParts([{ file, size }], start);
      await repository.writeBlob({ digest: digests[index] as Digest, size, chunks }, signal);
    }),
  );
}

async function digestOfFile(file: string): Promise<string> {
  const digest = startDigest();
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }))
    digest.update(chunk as Buffer);
  return digest.finish();
}

function coldPush(name: string, sizes: Sizes): Bench {
  return {
    name,
    rounds: 5,
    isCold: true,
    async prepare() {
      await pushBase();
      const opened = await openPackage(sizes);
      let digests: readonly string[] = [];
      const fresh = async (): Promise<void> => {
        await forgetEverything();
        await opened.renew();
      };
      const sendOnes = async (): Promise<void> => {
        await fresh();
        digests = await Promise.all(opened.files.map(digestOfFile));
      };
      const words = sizes.length === 1 ? "one PUT" : `${sizes.length} PUTs, one after the other,`;
      const floor: Contender = {
        name: `curl, ${words} of the same bytes: the floor`,
        before: sendOnes,
        run: async () => {
          for (const [index, file] of opened.files.entries()) await curlPut(file, digests[index] ?? "");
        },
      };
      const client: Contender = {
        name: `mlpackage's own client, ${sizes.length === 1 ? "the same" : "the same, at once"}`,
        before: sendOnes,
        run: () => sendAll(opened, digests),
      };
      return {
        contenders: [
          floor,
          client,
          {
            name: "mlpackage apply",
            before: async () => {
              await fresh();
              await opened.forgetCache();
              await opened.configure(`${opened.repository()}:1`);
            },
            run: () => opened.apply(),
          },
          {
            name: "docker buildx build --push, default",
            before: fresh,
            run: () =>
              buildx(opened, {
                dockerfile: DEFAULT_DOCKERFILE(baseImage),
                outputs: usual(`${opened.repository()}:1`),
              }),
          },
          {
            name: "docker buildx build --push, uncompressed, COPY --link",
            before: fresh,
            run: () =>
              buildx(opened, {
                dockerfile: BEST_DOCKERFILE(baseImage),
                outputs: best(`${opened.repository()}:1`),
              }),
          },
        ],
        cleanUp: () => cleanUp(opened),
      };
    },
  };
}

export async function cleanUp(opened: Opened): Promise<void> {
  await forgetEverything();
  await opened.cleanUp();
}

export const coldPush1 = coldPush("images-cold-push-1-GiB", [GIB]);
export const coldPush3 = coldPush("images-cold-push-3-GiB", [GIB, GIB, GIB]);

/** The same bytes to the same place, by somebody who does nothing else: what the engine takes for them. */
async function curlLoad(archive: string): Promise<void> {
  const { pathname } = new URL(process.env.DOCKER_HOST ?? "");
  const type = "content-type: application/x-tar";
  const { stdout } = await execa("curl", [
    ...["--silent", "--fail", "--unix-socket", pathname, "--header", type],
    ...["--request", "POST", "--upload-file", archive, "http://docker/images/load"],
  ]);
  if (!stdout.includes("Loaded image")) throw new Error(stdout);
}

export const coldLoad: Bench = {
  name: "images-cold-load-1-GiB",
  rounds: 5,
  isCold: true,
  async prepare() {
    await pushBase();
    const opened = await openPackage([GIB]);
    const fresh = async (): Promise<void> => {
      await forgetEverything();
      await opened.renew();
    };
    const archive = path.join(opened.folder, "image.tar");
    return {
      contenders: [
        {
          name: "curl, the archive of the same image to the engine's load API: the floor",
          before: async () => {
            await fresh();
            await opened.forgetCache();
            await opened.configureOutput("{type: oci-archive, path: image.tar}");
            await opened.apply();
          },
          run: () => curlLoad(archive),
        },
        {
          name: "mlpackage apply",
          before: async () => {
            await rm(archive, { force: true });
            await fresh();
            await opened.forgetCache();
            await opened.configure("bench-load:ours", { push: false, load: true });
          },
          run: () => opened.apply(),
        },
        {
          name: "docker buildx build --load",
          before: fresh,
          run: () =>
            buildx(opened, {
              dockerfile: DEFAULT_DOCKERFILE(baseImage),
              outputs: "type=docker,name=bench-load:docker",
            }),
        },
      ],
      cleanUp: async () => {
        await execa("docker", ["image", "rm", "--force", "bench-load:ours", "bench-load:docker"], {
          reject: false,
        });
        await cleanUp(opened);
      },
    };
  },
};

/** A wheel of our own from a folder: a pip environment without an index. */
export const coldPip: Bench = {
  name: "images-cold-push-pip-and-1-GiB",
  rounds: 5,
  isCold: true,
  async prepare() {
    await pushBase();
    const opened = await openPackage([GIB]);
    const wheel = path.join(opened.folder, "wheels");
    const environment = "environment: {python: {requirements: requirements.txt, find_links: [wheels]}}";
    await writeFile(path.join(opened.folder, "requirements.txt"), "--no-index\nbench-wheel\n");
    await makeWheel(wheel);
    const run =
      "RUN --mount=type=bind,source=wheels,target=/tmp/wheels PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --no-index --find-links /tmp/wheels bench-wheel\n";
    const fresh = async (): Promise<void> => {
      await forgetEverything();
      await opened.renew();
    };
    return {
      contenders: [
        {
          name: "mlpackage apply",
          before: async () => {
            await fresh();
            await opened.forgetCache();
            await opened.configure(`${opened.repository()}:1`, { environment });
          },
          run: () => opened.apply(),
        },
        {
          name: "docker buildx build --push, default",
          before: fresh,
          run: () =>
            buildx(opened, {
              dockerfile: DEFAULT_DOCKERFILE(baseImage, run),
              outputs: usual(`${opened.repository()}:1`),
            }),
        },
        {
          name: "docker buildx build --push, uncompressed, COPY --link",
          before: fresh,
          run: () =>
            buildx(opened, {
              dockerfile: BEST_DOCKERFILE(baseImage, run),
              outputs: best(`${opened.repository()}:1`),
            }),
        },
      ],
      cleanUp: () => cleanUp(opened),
    };
  },
};

/** 60 MB of random bytes in a package: an environment of some size, installed in a moment. */
async function makeWheel(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const script = [
    "import os, sys, zipfile",
    "info = 'bench_wheel-1.0.dist-info/'",
    "with zipfile.ZipFile(os.path.join(sys.argv[1], 'bench_wheel-1.0-py3-none-any.whl'), 'w') as wheel:",
    "    wheel.writestr('bench_wheel/__init__.py', '')",
    "    wheel.writestr('bench_wheel/data.bin', os.urandom(60_000_000))",
    "    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: bench-wheel\\nVersion: 1.0\\n')",
    "    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')",
    "    wheel.writestr(info + 'RECORD', '')",
  ].join("\n");
  await execa("python3", ["-c", script, folder]);
}

/** The image is in the registry; engine, cache and store are empty, as on a machine that never saw it. */
export const secondMachine: Bench = {
  name: "images-second-machine-1-GiB",
  rounds: 5,
  isCold: true,
  async prepare() {
    await forgetEverything();
    const opened = await openPackage([GIB]);
    const [ours, theirs] = [`${opened.repository()}:1`, opened.repository()];
    await opened.configure(ours);
    await opened.apply();
    const cached = () =>
      buildx(opened, {
        dockerfile: BEST_DOCKERFILE(baseImage),
        outputs: best(`${theirs}:1`),
        flags: [
          "--cache-from",
          `type=registry,ref=${theirs}:cache`,
          "--cache-to",
          `type=registry,ref=${theirs}:cache,mode=max,compression=uncompressed`,
        ],
      });
    await cached();
    return {
      contenders: [
        { name: "mlpackage apply", before: opened.forgetCache, run: () => opened.apply() },
        {
          name: "docker buildx build --push, cache-from the registry",
          before: async () => {
            await execa("docker", ["image", "rm", "--force", `${theirs}:1`], { reject: false });
            await execa("docker", ["image", "prune", "--force"], { reject: false });
            await execa("docker", ["builder", "prune", "--force", "--all"], { reject: false });
          },
          run: () =>
            buildx(opened, {
              dockerfile: BEST_DOCKERFILE(baseImage),
              outputs: best(`${theirs}:1`),
              flags: ["--cache-from", `type=registry,ref=${theirs}:cache`],
            }),
        },
      ],
      cleanUp: () => cleanUp(opened),
    };
  },
};

/** One line of the script, pushed and in the engine. */
export const changedLine: Bench = {
  name: "images-changed-line",
  rounds: 7,
  async prepare() {
    await forgetEverything();
    const small = await openPackage([1 << 20]);
    const large = await openPackage([GIB]);
    const huge = await openPackage(Array.from({ length: 5 }, () => 2 * GIB - (1 << 20)));
    const contenders: Contender[] = [];
    for (const [words, opened] of [
      ["1 MiB", small],
      ["1 GiB", large],
      ["10 GiB", huge],
    ] as const) {
      await opened.configure(`${opened.repository()}:1`, { load: true });
      await opened.apply();
      contenders.push({
        name: `mlpackage apply, ${words} in place`,
        before: () => change(opened),
        run: () => opened.apply(),
      });
    }
    const tag = `${large.repository()}:1`;
    const build = () => buildx(large, { dockerfile: BEST_DOCKERFILE(baseImage), outputs: best(tag) });
    await build();
    contenders.splice(2, 0, {
      name: "docker buildx build --push, weights first, COPY --link, 1 GiB in place",
      before: () => change(large),
      run: build,
    });
    return {
      contenders,
      cleanUp: async () => {
        await Promise.all([small, large, huge].map((opened) => opened.cleanUp()));
        await forgetEverything();
      },
    };
  },
};

function change({ script }: Opened): Promise<void> {
  return appendFile(script, `# ${performance.now()}\n`);
}

/** A push that is killed when half of it is sent, and the next: what the second has still to send, in bytes. */
export async function measureResumedPush(): Promise<string> {
  const layers = Array.from({ length: 32 }, () => (64 << 20) + (1 << 20));
  const rows = [
    ["32 layers", layers, false],
    ["one layer", [2e9], false],
    ["one layer, through a proxy that hands on whole requests", [2e9], true],
  ] as const;
  const lines: string[] = [];
  for (const [words, sizes, holds] of rows)
    lines.push(`- ${words}: ${await measureResumedPushOf(sizes, holds)}`);
  return lines.join("\n");
}

async function measureResumedPushOf(sizes: Sizes, holds: boolean): Promise<string> {
  await forgetEverything();
  const opened = await openPackage(sizes);
  try {
    const total = await sumOf(opened.files);
    const { startMeter } = await import("./upload-meter.ts");
    const meter = await startMeter(registry, holds);
    await opened.configure(`${meter.address}/bench/resumed:1`);
    const first = opened.apply();
    first.catch(() => {});
    await meter.until(total * HALF);
    first.kill("SIGKILL");
    await first.catch(() => {});
    const sent = meter.bytes();
    await opened.apply();
    const again = meter.bytes() - sent;
    await meter.close();
    return `killed when ${percent(sent, total)} were sent; the next push sent ${percent(again, total)} of ${(total / 1e9).toFixed(2)} GB`;
  } finally {
    await cleanUp(opened);
  }
}

/** Rather within a chunk of a layer than at its end. */
const HALF = 0.55;

async function sumOf(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(0)} %`;
}

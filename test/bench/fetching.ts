import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { startHub } from "../rig/servers/hugging-face.ts";
import { installDebianPackage } from "../torture/tools/installed.ts";

const CLI = path.resolve("dist/mlpackage.js");

const BYTES = 2_000_000_000;
const FILES = 10_000;
const LEAST_BYTES = 1_000;
const ROUNDS = 5;
const RANGES = 8;

type Contender = {
  readonly name: string;
  readonly command: string;
  /** Makes the machine forget what came. */
  readonly before: () => Promise<unknown>;
};

/** Of one run: seconds by the clock and of all cores, and the most memory of the largest process, in bytes. */
type Measured = { readonly seconds: number; readonly cpuSeconds: number; readonly peakBytes: number };

/**
 * One file of 2 GB from nginx on this machine: the whole command, start-up, planning, SHA-256 and lock included, beside
 * curl, which looks at no digest, and beside eight of them. All else being equal this measures the processor: nothing
 * here is slower than it.
 */
export async function measureFetching(): Promise<string> {
  await installDebianPackage("nginx-light");
  const folder = await mkdtemp(path.join(tmpdir(), "mlpackage-bench-"));
  const server = await startNginx(folder);
  try {
    await execa("sh", ["-c", `head -c ${BYTES} /dev/urandom > ${folder}/www/model.bin`]);
    const address = `${server.url}/model.bin`;
    const contenders = await makePackage(folder, address, (out, apply) =>
      largeContenders(out, address, apply),
    );
    return table(await measureAll(contenders), BYTES / 1e6, "MB/s");
  } finally {
    server.process.kill();
    await once(server.process, "exit");
    await rm(folder, { recursive: true, force: true });
  }
}

function largeContenders(out: string, address: string, apply: string): readonly Command[] {
  const share = BYTES / RANGES;
  const ranges = Array.from(
    { length: RANGES },
    (_, at) => `curl -sf -r ${at * share}-${(at + 1) * share - 1} -o ${out}/${at} ${address} &`,
  );
  const all = ranges.map((_, at) => `${out}/${at}`).join(" ");
  return [
    { name: "curl", command: `curl -sf -o ${out}/model.bin ${address}` },
    { name: `${RANGES} curls, a range each`, command: `${ranges.join(" ")} wait` },
    {
      name: `${RANGES} curls, then sha256sum of all`,
      command: `${ranges.join(" ")} wait; cat ${all} | sha256sum >/dev/null`,
    },
    { name: "mlpackage apply --only fetch", command: apply },
  ];
}

type Command = Omit<Contender, "before">;

/** A package with one model, and commands that bring it; each begins with nothing. */
async function makePackage(
  folder: string,
  source: string,
  commandsFor: (out: string, apply: string) => readonly Command[],
  forget: (place: string) => Promise<void> = (place) => rm(place, { recursive: true, force: true }),
): Promise<readonly Contender[]> {
  const [out, cache, place] = [`${folder}/out`, `${folder}/cache`, `${folder}/package`];
  await mkdir(place);
  await writeFile(`${place}/score.py`, "def init(): pass\ndef run(data): return data\n");
  // By digest, so that no registry is asked.
  const base = `registry.example.com/base@sha256:${"0".repeat(64)}`;
  await writeFile(
    `${place}/mlpackage.yaml`,
    `name: bench\nmodels: [{source: "${source}", name: model}]\nbase_image: ${base}\nenvironment: {python: {managed: false}}\ninference: score.py\n`,
  );
  const before = async (): Promise<void> => {
    for (const one of [out, cache]) await forget(one);
    await rm(`${place}/mlpackage.lock`, { force: true });
    await mkdir(out);
  };
  const apply = `cd ${place} && MLPACKAGE_CACHE_DIR=${cache} CI= node ${CLI} apply --quiet --only fetch`;
  // The environment of a single command.
  const commands = commandsFor(out, `sh -c '${apply}'`);
  return commands.map((command) => ({ ...command, before }));
}

/**
 * 10,000 files of one to four kilobytes, of one repository of a hub: with its list of them, their Git digests and the
 * lock, beside curl, which is told the addresses and looks at no digest. The hub is ours, and has one of the two cores
 * to itself: what is measured is how long who asks makes it wait.
 */
export async function measureFetchingMany(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "mlpackage-bench-"));
  const files = Array.from({ length: FILES }, (_, index): [string, Buffer] => [
    `part-${String(index % 100).padStart(2, "0")}/file-${index}.json`,
    randomBytes(LEAST_BYTES + (index % 3) * LEAST_BYTES),
  ]);
  const hub = await startHub({ "org/repo": { files: Object.fromEntries(files) } });
  try {
    const curl = files.map(
      ([name], index) =>
        `url = "${hub.url}/org/repo/resolve/main/${name}"\noutput = "${folder}/out/${index}"\n`,
    );
    await writeFile(`${folder}/curl`, curl.join(""));
    // Not removed: ext4 is slow to give out the inodes of thousands of files that were removed a moment ago.
    let forgotten = 0;
    const putAside = async (place: string): Promise<void> => {
      forgotten += 1;
      if (existsSync(place)) await rename(place, `${folder}/before-${forgotten}`);
    };
    const commandsFor = (_out: string, apply: string): readonly Command[] => [
      { name: "curl --parallel, 32 at once", command: `curl -sf -L -Z --parallel-max 32 -K ${folder}/curl` },
      { name: "mlpackage apply --only fetch", command: `HF_ENDPOINT=${hub.url} ${apply}` },
    ];
    const contenders = await makePackage(folder, "hf://org/repo", commandsFor, putAside);
    return table(await measureAll(contenders), FILES, "files/s");
  } finally {
    await hub.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** In turn, so that a machine that drifts drifts for all; the first round warms up. */
async function measureAll(
  contenders: readonly Contender[],
): Promise<ReadonlyMap<Contender, readonly Measured[]>> {
  const runs = new Map<Contender, Measured[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const contender of contenders) {
      await contender.before();
      const measured = await measure(contender.command);
      if (round > 0) runs.get(contender)?.push(measured);
    }
  }
  return runs;
}

function table(runs: ReadonlyMap<Contender, readonly Measured[]>, amount: number, unit: string): string {
  const best = Math.min(...[...runs.values()].map((some) => median(some.map(({ seconds }) => seconds))));
  const rows = [...runs].map(([{ name }, some]) => {
    const seconds = some.map((one) => one.seconds);
    const cpu = median(some.map(({ cpuSeconds }) => cpuSeconds));
    const peak = Math.max(...some.map(({ peakBytes }) => peakBytes));
    return `| ${[
      name,
      median(seconds).toFixed(2),
      `${Math.min(...seconds).toFixed(2)}–${Math.max(...seconds).toFixed(2)}`,
      cpu.toFixed(2),
      (peak / 2 ** 20).toFixed(0),
      (amount / median(seconds)).toFixed(0),
      (best / median(seconds)).toFixed(2),
    ].join(" | ")} |`;
  });
  return [
    `| command | median s | range | CPU s | peak MiB | ${unit} | to the best |`,
    "|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

/** bash counts what all children of a command took; of memory the largest process is looked for. */
async function measure(command: string): Promise<Measured> {
  const child = execa("bash", ["-c", `TIMEFORMAT="%R %U %S"; time { ${command}; }`], { stdin: "ignore" });
  let peakBytes = 0;
  const timer = setInterval(async () => {
    for (const pid of await childrenOf(child.pid ?? 0)) peakBytes = Math.max(peakBytes, await peakOf(pid));
  }, 50);
  try {
    const { stderr } = await child;
    const [seconds = Number.NaN, user = 0, system = 0] = (stderr.trim().split("\n").at(-1) ?? "")
      .split(" ")
      .map(Number);
    return { seconds, cpuSeconds: user + system, peakBytes };
  } finally {
    clearInterval(timer);
  }
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const children = text
    .split(" ")
    .map(Number)
    .filter((child) => child > 0);
  return [pid, ...(await Promise.all(children.map(childrenOf))).flat()];
}

/** Linux keeps the highest mark itself. */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function startNginx(folder: string): Promise<{ readonly process: ChildProcess; readonly url: string }> {
  const port = await findPort();
  await mkdir(`${folder}/www`);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  await writeFile(
    `${folder}/nginx.conf`,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/errors;
events { worker_connections 512; }
http { access_log off; sendfile on; ${temporary.join(" ")} server { listen 127.0.0.1:${port}; root ${folder}/www; } }
`,
  );
  // Its workers are of the user that it runs as, who may not look into a private folder.
  const child = spawn("nginx", ["-c", `${folder}/nginx.conf`, "-g", "user root;"], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(await readFile(`${folder}/errors`, "utf8"));
    await sleep(50);
  }
  return { process: child, url };
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

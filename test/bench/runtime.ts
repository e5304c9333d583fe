import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { writeFiles } from "../torture/copy-task.ts";
import { installDebianPackage } from "../torture/tools/installed.ts";
import { SCRIPTS, type Server, serversOf, startServer } from "./servers.ts";

type Measured = { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number };

const ROUNDS = 3;
const SECONDS = 5;
const CONNECTIONS = 8;
const STARTS = 9;

const POST = `wrk.method = "POST"\nwrk.body = '{"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]}'\n`;
const PACKAGES = [
  "wrk",
  "gunicorn",
  "python3-flask",
  "python3-fastapi",
  "python3-uvicorn",
  "python3-sklearn",
];

/**
 * Our server beside gunicorn alone, which is the most that can be had, and beside what others serve models with: how
 * soon it is ready, requests per second, and their times. On this machine, without an engine.
 */
export async function measureRuntime(): Promise<string> {
  for (const name of PACKAGES) await installDebianPackage(name);
  return withScripts(async (folder) => {
    const tables = [await compareStarts(folder)];
    for (const workers of [1, 2]) {
      for (const script of ["constant", "diabetes"] as const)
        tables.push(await compareScores(serversOf(script), folder, workers));
    }
    return tables.join("\n\n");
  });
}

export async function withScripts<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), "mlpackage-bench-runtime-"));
  try {
    await writeFiles(folder, { ...SCRIPTS, "post.lua": POST });
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** From the start of the process to the first answer of a worker. */
async function compareStarts(folder: string): Promise<string> {
  const [bare, ours] = serversOf("constant");
  const times = new Map<Server, number[]>([
    [bare, []],
    [ours, []],
  ]);
  for (let round = 0; round < STARTS; round += 1) {
    for (const [server, found] of times) {
      const began = performance.now();
      const running = await startServer(server, folder, 1);
      found.push(performance.now() - began);
      await running.stop();
    }
  }
  const rows = [...times].map(([{ name }, found]) => ({ name, value: medianOf(found, Number) }));
  return [
    `from start to ready, median of ${STARTS}`,
    "",
    "| server | ms | ratio |",
    "|---|---|---|",
    ...rows.map(
      ({ name, value }) =>
        `| ${name} | ${value.toFixed(0)} | ${(value / (rows[0]?.value ?? Number.NaN)).toFixed(2)} |`,
    ),
  ].join("\n");
}

async function compareScores(servers: readonly Server[], folder: string, workers: number): Promise<string> {
  const rounds = new Map<string, Measured[]>(servers.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const server of servers) rounds.get(server.name)?.push(await measure(server, folder, workers));
  }
  const medians = [...rounds].map(
    ([name, found]) => [name, medianOf(found, ({ perSecond }) => perSecond)] as const,
  );
  const [bare] = medians.map(([, { perSecond }]) => perSecond);
  const rows = medians.map(([name, { perSecond, p50Ms, p99Ms }]) => {
    const ratio = (perSecond / (bare ?? Number.NaN)).toFixed(2);
    return `| ${name} | ${perSecond.toFixed(0)} | ${p50Ms.toFixed(2)} | ${p99Ms.toFixed(2)} | ${ratio} |`;
  });
  return [
    `${workers} worker${workers === 1 ? "" : "s"}, ${CONNECTIONS} connections, median of ${ROUNDS} times ${SECONDS} s`,
    "",
    "| server | requests/s | p50 ms | p99 ms | ratio |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

async function measure(server: Server, folder: string, workers: number): Promise<Measured> {
  const running = await startServer(server, folder, workers);
  try {
    const address = `${running.address}/score`;
    const load = [
      "--threads",
      "1",
      "--connections",
      String(CONNECTIONS),
      "--latency",
      "--script",
      "post.lua",
    ];
    await execa("wrk", [...load, "--duration", "1s", address], { cwd: folder });
    const { stdout } = await execa("wrk", [...load, "--duration", `${SECONDS}s`, address], { cwd: folder });
    return readReport(stdout);
  } finally {
    await running.stop();
  }
}

/** Refuses a report with errors in it: an answer that is not one would be the fastest of all. */
function readReport(report: string): Measured {
  if (/Non-2xx|Socket errors/.test(report)) throw new Error(report);
  const numberAfter = (pattern: RegExp): readonly [number, string] => {
    const [, value, unit = ""] = pattern.exec(report) ?? [];
    if (value === undefined) throw new Error(report);
    return [Number(value), unit];
  };
  const milliseconds = ([value, unit]: readonly [number, string]): number =>
    value * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? Number.NaN);
  return {
    perSecond: numberAfter(/Requests\/sec:\s+([\d.]+)/)[0],
    p50Ms: milliseconds(numberAfter(/50%\s+([\d.]+)(us|ms|s)/)),
    p99Ms: milliseconds(numberAfter(/99%\s+([\d.]+)(us|ms|s)/)),
  };
}

function medianOf<T>(found: readonly T[], by: (item: T) => number): T {
  const sorted = found.toSorted((a, b) => by(a) - by(b));
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) throw new Error("nothing was measured");
  return median;
}

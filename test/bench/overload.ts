import { readdir, readFile } from "node:fs/promises";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { writeFiles } from "../torture/copy-task.ts";
import { installDebianPackage } from "../torture/tools/installed.ts";
import { withScripts } from "./runtime.ts";
import { gunicorn, ours, type RunningServer, type Server, startServer } from "./servers.ts";

type Answer = { readonly status: number | "none"; readonly ms: number };

/** One worker can score twenty times in a second. */
const SCORING_MS = 50;
const CAPACITY = 1000 / SCORING_MS;
const SECONDS = 60;
const UNLOADED_REQUESTS = 200;
const PATIENCE_MS = 30_000;

const SLOW = `import time


def init():
    pass


def run(data):
    ends = time.perf_counter() + ${SCORING_MS / 1000}
    while time.perf_counter() < ends:
        pass
    return [1.0]
`;
const BARE_SLOW = `import slow


def app(environ, start_response):
    environ["wsgi.input"].read()
    slow.run("")
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "5")])
    return [b"[1.0]"]
`;

/**
 * Four times as many requests as a worker can answer, for a minute, sent when they are due and not when the last one
 * was answered: our server with a short queue, beside gunicorn alone, whose queue is the kernel's.
 */
export async function measureOverload(): Promise<string> {
  await installDebianPackage("gunicorn");
  return withScripts(async (folder) => {
    await writeFiles(folder, { "slow.py": SLOW, "bare_slow.py": BARE_SLOW });
    const servers = [
      ours("mlpackage, a queue of 1", "slow.py", { MLPACKAGE_QUEUE_LIMIT: "1" }),
      gunicorn("gunicorn alone", "bare_slow:app"),
    ];
    const rows = [];
    for (const server of servers) rows.push(await overload(server, folder));
    return [
      `1 worker, ${SCORING_MS} ms a request, ${4 * CAPACITY} requests a second for ${SECONDS} s`,
      "",
      "| server | unloaded p99 ms | 200 | 503 | failed | p50 ms of the 200s | p99 ms | ratio | memory MiB: before, half-way, after |",
      "|---|---|---|---|---|---|---|---|---|",
      ...rows,
    ].join("\n");
  });
}

async function overload(server: Server, folder: string): Promise<string> {
  const running = await startServer(server, folder, 1);
  try {
    const alone: Answer[] = [];
    for (let sent = 0; sent < UNLOADED_REQUESTS; sent += 1) alone.push(await score(running));
    const unloadedMs = quantile(alone, 0.99);

    const before = await memoryOf(running.pid);
    const answers: Promise<Answer>[] = [];
    let halfWay = 0;
    const began = performance.now();
    for (let due = 0; due < 4 * CAPACITY * SECONDS; due += 1) {
      await sleep(began + (due * 1000) / (4 * CAPACITY) - performance.now());
      answers.push(score(running));
      if (due === 2 * CAPACITY * SECONDS) halfWay = await memoryOf(running.pid);
    }
    const all = await Promise.all(answers);
    const after = await memoryOf(running.pid);

    const accepted = all.filter(({ status }) => status === 200);
    const refused = all.filter(({ status }) => status === 503).length;
    const p99Ms = quantile(accepted, 0.99);
    return `| ${[
      server.name,
      unloadedMs.toFixed(0),
      accepted.length,
      refused,
      all.length - accepted.length - refused,
      quantile(accepted, 0.5).toFixed(0),
      p99Ms.toFixed(0),
      (p99Ms / unloadedMs).toFixed(2),
      [before, halfWay, after].map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(", "),
    ].join(" | ")} |`;
  } finally {
    await running.stop();
  }
}

function score({ address }: RunningServer): Promise<Answer> {
  const began = performance.now();
  return new Promise((resolve) => {
    const end = (status: Answer["status"]): void => resolve({ status, ms: performance.now() - began });
    const request = http.request(`${address}/score`, { method: "POST", agent: false, timeout: PATIENCE_MS });
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", () => end("none"));
    request.on("response", (response) => {
      response.resume();
      response.on("end", () => end(response.statusCode ?? "none"));
      response.on("error", () => end("none"));
    });
    request.end("{}");
  });
}

function quantile(answers: readonly Answer[], part: number): number {
  const sorted = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** Of a process and its children, each with its share of what they have in common. In bytes. */
async function memoryOf(pid: number): Promise<number> {
  const pids = [pid, ...(await childrenOf(pid))];
  const sizes = await Promise.all(
    pids.map(async (one) => {
      const rollup = await readFile(`/proc/${one}/smaps_rollup`, "utf8").catch(() => "");
      return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, "utf8").catch(() => "")),
  );
  return lists.flatMap((list) => list.split(" ").filter(Boolean).map(Number));
}

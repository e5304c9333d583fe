import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { writeFiles } from "../torture/copy-task.ts";
import { installDebianPackage } from "../torture/tools/installed.ts";

/** A server on a port, with so many workers: its command, and what it has to be told by the environment. */
type Contender = {
  readonly name: string;
  readonly command: (port: number, workers: number) => readonly string[];
  readonly environment?: (port: number, workers: number) => Readonly<Record<string, string>>;
};
type Measured = { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number };

const PYTHON = "/usr/bin/python3";
const RUNTIME = new URL("../../src/runtime/serve.py", import.meta.url).pathname;
const ROUNDS = 3;
const SECONDS = 5;
const CONNECTIONS = 8;

const FILES = {
  "score.py": "def init():\n    pass\n\n\ndef run(data):\n    return [1.0]\n",
  "bare.py": `def app(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "5")])
    return [b"[1.0]"]
`,
  "with_flask.py": `from flask import Flask, jsonify, request

app = Flask(__name__)


@app.post("/score")
def score():
    request.get_data(as_text=True)
    return jsonify([1.0])
`,
  "post.lua": `wrk.method = "POST"\nwrk.body = '{"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]}'\n`,
};

const gunicorn = (application: string) => (port: number, workers: number) => [
  ...[PYTHON, "-m", "gunicorn", "--bind", `127.0.0.1:${port}`, "--workers", String(workers)],
  ...["--log-level", "warning", application],
];
const CONTENDERS: readonly Contender[] = [
  { name: "gunicorn, a constant", command: gunicorn("bare:app") },
  {
    name: "mlpackage, a constant run()",
    command: () => [PYTHON, RUNTIME],
    environment: (port, workers) => ({ MLPACKAGE_PORT: String(port), WORKER_COUNT: String(workers) }),
  },
  { name: "Flask on gunicorn", command: gunicorn("with_flask:app") },
];

/** Requests per second and their times, of our server beside a bare one and Flask. On this machine, without an engine. */
export async function measureRuntime(): Promise<string> {
  for (const name of ["wrk", "gunicorn", "python3-flask"]) await installDebianPackage(name);
  const folder = await mkdtemp(path.join(tmpdir(), "mlpackage-bench-runtime-"));
  try {
    await writeFiles(folder, FILES);
    const tables = [];
    for (const workers of [1, 2]) tables.push(await compare(folder, workers));
    return tables.join("\n\n");
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compare(folder: string, workers: number): Promise<string> {
  const rounds = new Map<string, Measured[]>(CONTENDERS.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of CONTENDERS) {
      rounds.get(contender.name)?.push(await measure(contender, folder, workers));
    }
  }
  const medians = [...rounds].map(([name, found]) => [name, medianOf(found)] as const);
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

async function measure(contender: Contender, folder: string, workers: number): Promise<Measured> {
  const port = await findFreePort();
  const [program = "", ...args] = contender.command(port, workers);
  const environment = {
    AML_APP_ROOT: folder,
    AZUREML_ENTRY_SCRIPT: "score.py",
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const server = execa(program, args, {
    cwd: folder,
    env: { ...environment, ...contender.environment?.(port, workers) },
    reject: false,
    all: true,
  });
  try {
    const address = `http://127.0.0.1:${port}/score`;
    await untilAnswered(address);
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
    server.kill();
    await server;
  }
}

async function untilAnswered(address: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const response = await fetch(address, { method: "POST", body: "{}" }).catch(() => undefined);
    const body = await response?.text();
    if (response?.status === 200 && body?.trim().startsWith("[1.0")) return;
    await sleep(50);
  }
  throw new Error(`${address} does not answer`);
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

function medianOf(found: readonly Measured[]): Measured {
  const sorted = found.toSorted((a, b) => a.perSecond - b.perSecond);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) throw new Error("nothing was measured");
  return median;
}

async function findFreePort(): Promise<number> {
  const listener = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => listener.once("listening", resolve));
  const address = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

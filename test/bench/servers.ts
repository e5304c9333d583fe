import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";

/** A server of scores on a port, with so many workers: its command, and what it has to be told by the environment. */
export type Server = {
  readonly name: string;
  readonly command: (port: number, workers: number) => readonly string[];
  readonly environment?: (port: number, workers: number) => Readonly<Record<string, string>>;
  /** Answers 200 as soon as the server can score. */
  readonly readiness: string;
};
export type RunningServer = {
  readonly address: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
};

const PYTHON = "/usr/bin/python3";
const RUNTIME = new URL("../../src/runtime/serve.py", import.meta.url).pathname;

/** What the servers run: a constant, and the model of the example, which `MODEL` names. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  "constant.py": "def init():\n    pass\n\n\ndef run(data):\n    return [1.0]\n",
  "bare_constant.py": `def app(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "5")])
    return [b"[1.0]"]
`,
  "flask_constant.py": `from flask import Flask, jsonify, request

app = Flask(__name__)


@app.route("/score", methods=["GET", "POST"])
def score():
    request.get_data(as_text=True)
    return jsonify([1.0])
`,
  "fastapi_constant.py": `from fastapi import FastAPI, Request

app = FastAPI()


@app.api_route("/score", methods=["GET", "POST"])
async def score(request: Request):
    await request.body()
    return [1.0]
`,
  "diabetes.py": `import json
import os
import pickle


def init():
    global model
    with open(os.environ["MODEL"], "rb") as file:
        model = pickle.load(file)


def run(data):
    return model.predict(json.loads(data)["data"]).tolist()
`,
  "bare_diabetes.py": `import diabetes
import json

diabetes.init()


def app(environ, start_response):
    body = environ["wsgi.input"].read().decode() or '{"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]}'
    answer = json.dumps(diabetes.run(body)).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]
`,
  "flask_diabetes.py": `import diabetes
from flask import Flask, jsonify, request

app = Flask(__name__)
diabetes.init()


@app.route("/score", methods=["GET", "POST"])
def score():
    return jsonify(diabetes.run(request.get_data(as_text=True) or '{"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]}'))
`,
  "fastapi_diabetes.py": `import diabetes
from fastapi import FastAPI, Request

app = FastAPI()
diabetes.init()


@app.api_route("/score", methods=["GET", "POST"])
async def score(request: Request):
    return diabetes.run((await request.body()).decode() or '{"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]}')
`,
};

/** What serves one of the scripts, the barest first. */
export function serversOf(script: "constant" | "diabetes"): readonly [Server, Server, ...Server[]] {
  return [
    gunicorn(`gunicorn alone, ${script}`, `bare_${script}:app`),
    ours(`mlpackage, ${script}`, `${script}.py`),
    gunicorn(`Flask on gunicorn, ${script}`, `flask_${script}:app`),
    {
      name: `FastAPI on uvicorn, ${script}`,
      command: (port, workers) => [
        ...[PYTHON, "-m", "uvicorn", "--port", String(port), "--workers", String(workers)],
        ...["--log-level", "warning", `fastapi_${script}:app`],
      ],
      readiness: "/score",
    },
  ];
}

export function ours(name: string, script: string, variables: Readonly<Record<string, string>> = {}): Server {
  return {
    name,
    command: () => [PYTHON, RUNTIME],
    environment: (port, workers) => ({
      AZUREML_ENTRY_SCRIPT: script,
      MLPACKAGE_PORT: String(port),
      WORKER_COUNT: String(workers),
      ...variables,
    }),
    readiness: "/readyz",
  };
}

export function gunicorn(name: string, application: string): Server {
  return {
    name,
    command: (port, workers) => [
      ...[PYTHON, "-m", "gunicorn", "--bind", `127.0.0.1:${port}`, "--workers", String(workers)],
      ...["--log-level", "warning", application],
    ],
    readiness: "/score",
  };
}

/** Returns once it is ready; `folder` has the scripts. */
export async function startServer(server: Server, folder: string, workers: number): Promise<RunningServer> {
  const port = await findFreePort();
  const [program = "", ...args] = server.command(port, workers);
  const child = execa(program, args, {
    cwd: folder,
    env: {
      AML_APP_ROOT: folder,
      MODEL: new URL("../../fixtures/examples/diabetes/models/ridge.pkl", import.meta.url).pathname,
      PYTHONDONTWRITEBYTECODE: "1",
      OMP_NUM_THREADS: "1",
      ...server.environment?.(port, workers),
    },
    reject: false,
    all: true,
  });
  const stop = async (): Promise<void> => {
    child.kill();
    await child;
  };
  const address = `http://127.0.0.1:${port}`;
  try {
    await untilReady(`${address}${server.readiness}`);
  } catch (error) {
    await stop();
    throw new Error(`${server.name}: ${(await child).all}`, { cause: error });
  }
  return { address, pid: child.pid ?? 0, stop };
}

async function untilReady(url: string): Promise<void> {
  for (let attempt = 0; attempt < 6000; attempt += 1) {
    const response = await fetch(url, { headers: { connection: "close" } }).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.status === 200) return;
    await sleep(5);
  }
  throw new Error(`${url} does not answer`);
}

async function findFreePort(): Promise<number> {
  const listener = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => listener.once("listening", resolve));
  const address = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

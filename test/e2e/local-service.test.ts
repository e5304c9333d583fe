// `logs`, `stop`, `score` and `client`, beside services that run for real.
import { execFile } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as assert from "uvu/assert";
import { docker, findContainers, inspectImage } from "./engine.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace } from "./workspace.ts";

const workspace = openWorkspace("service");
const test = timedSuite("the service that runs here");
const NO_ENGINE = { DOCKER_HOST: "unix:///nonexistent.sock" };
const ROWS = { data: [[1, "it's", "\u2028😀"]] };

/** Says of its input how much it is; fails on purpose where it is told to. */
const SCRIPT = `import json, time

def init():
    print("init was called", flush=True)

def run(data, request_headers):
    print("scored", len(data), flush=True)
    if data == "fail":
        raise ValueError("on purpose")
    if data == "slow":
        time.sleep(0.5)
    return [len(data), request_headers.get("Content-Type"), data]
`;
const TESTS = `tests:
  - {request: {path: /readyz, method: GET}}
  - name: it's 'rows'
    request:
      body: ${JSON.stringify(ROWS)}
`;

const folder = await workspace.makePackage(
  "asked",
  `inference: {entry_script: score.py, workers: 2}\n${TESTS}`,
  {
    "score.py": SCRIPT,
  },
);
const other = await workspace.makePackage("other", "");
let url = "";

test("no service: what to type", async () => {
  for (const one of [folder, other])
    assert.is((await one.call(["apply"])).exitCode, 0, workspace.printed.join(""));
  for (const command of ["logs", "stop", "score"]) {
    const { exitCode, stderr } = await folder.call([command]);
    assert.is(exitCode, 64);
    assert.match(stderr, /error\[cli\/not-running\](.*\n)+.*type `mlpackage run -d` to start it/);
  }
  for (const one of [folder, other]) assert.is((await one.call(["run", "-d"])).exitCode, 0);
  url = /http:\S+/.exec(workspace.printed.findLast((text) => text.includes("ready on")) ?? "")?.[0] ?? "";
});

test("score sends what it is given, as what it is said to be", async () => {
  const scored = async (args: readonly string[], input = "") => {
    const { exitCode, stdout, all } = await folder.call(["score", ...args], { input });
    assert.is(exitCode, 0, all);
    return JSON.parse(stdout) as unknown;
  };
  assert.equal(await scored(["--data", '{"a": 1}']), [8, "application/json", '{"a": 1}']);
  assert.equal(await scored(["--data=-"], "é"), [1, "application/json", "é"]);
  assert.equal(await scored(["--data", "-"], "x"), [1, "application/json", "x"]);
  await folder.write({ "body.csv": "1,2\n" });
  assert.equal(await scored(["--data", "@body.csv", "--content-type", "text/csv"]), [4, "text/csv", "1,2\n"]);
});

test("bytes from standard input arrive as they are", async () => {
  const { child } = folder.start(["score", "--data", "-"], { input: "\ufffd\u0000" });
  const { stdout } = await child;
  assert.equal(JSON.parse(stdout), [2, "application/json", "\ufffd\u0000"]);
});

test("a load is measured", async () => {
  const { exitCode, stdout, all } = await folder.call([
    "score",
    "--data",
    "{}",
    "--repeat",
    "60",
    "--concurrency",
    "4",
  ]);
  assert.is(exitCode, 0, all);
  assert.match(
    stdout,
    /^requests {2}60 in \d+\.\d\d s, 4 at once\nrate +[\d.]+ requests\/s\nanswers +200: 60\n/,
  );
  const json = await folder.call(["score", "--data", "fail", "-n", "3", "--json"]);
  assert.is(json.exitCode, 1, json.all);
  assert.match(json.stderr, "3 of 3 requests failed; `mlpackage logs` may say why");
  const { statuses, requests, latencyMs } = JSON.parse(json.stdout);
  assert.equal([statuses, requests], [{ 500: 3 }, 3]);
  assert.ok(latencyMs.min > 0 && latencyMs.min <= latencyMs.p50 && latencyMs.p99 <= latencyMs.max);
});

test("a load that is interrupted tells what it has", async () => {
  const { child, ended } = folder.start(["score", "--data", "slow", "--repeat", "1000", "-c", "2", "--json"]);
  await sleep(4_000);
  child.kill("SIGINT");
  const { exitCode, stdout, stderr } = await ended;
  assert.is(exitCode, 130, stderr);
  const { requests, interrupted, statuses } = JSON.parse(stdout);
  assert.ok(interrupted && requests > 0 && requests < 40, stdout);
  assert.equal(statuses, { 200: requests });
});

test("a service elsewhere is scored without an engine, and without a package", async () => {
  const address = url.replace(/\/$/, "");
  for (const place of [address, `${address}/score`]) {
    const args = ["-C", workspace.folder, "score", "--url", place, "--data", "x"];
    const { exitCode, all } = await folder.call(args, { environment: NO_ENGINE });
    assert.is(exitCode, 0, all);
  }
  const gone = await folder.call(["score", "--url", "http://127.0.0.1:59999", "--data", "x", "-n", "2"]);
  assert.is(gone.exitCode, 1, gone.all);
  assert.match(gone.stdout, /no answer: 2 \(.*ECONNREFUSED/);
  const alone = await folder.call(["score", "--url", address, "--data", "x", "-c", "2"]);
  assert.is(alone.exitCode, 64);
  assert.match(alone.stderr, "error[cli/nothing-at-once]");
});

type Language = "python" | "curl" | "typescript";
const CLIENTS: Readonly<Record<Language, (file: string) => readonly [command: string, ...args: string[]]>> = {
  python: (file) => ["python3", file],
  curl: (file) => ["sh", file],
  typescript: (file) => ["node", "--import", import.meta.resolve("tsx"), file],
};

/** What a printed client does when it is run. */
async function runClient(language: Language, text: string) {
  const name = `client.${{ python: "py", curl: "sh", typescript: "ts" }[language]}`;
  await folder.write({ [`clients/${name}`]: text });
  const [command, ...args] = CLIENTS[language](folder.at(path.join("clients", name)));
  return new Promise<{ exitCode: number; stdout: string; stderr: string }>((resolve) => {
    execFile(command, args, { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

for (const language of ["python", "curl", "typescript"] as const) {
  test(`the client in ${language} asks the service that runs, with the request of the first test`, async () => {
    const printed = await folder.call(["client", "--lang", language]);
    assert.is(printed.exitCode, 0, printed.all);
    assert.match(
      printed.stdout,
      `Asks the service ${folder.name}, with the request of the test it's 'rows'.`,
    );
    const { exitCode, stdout, stderr } = await runClient(language, printed.stdout);
    assert.is(exitCode, 0, stderr);
    const body = JSON.stringify(ROWS);
    assert.equal(JSON.parse(stdout), [[...body].length, "application/json", body]);
  });

  test(`it fails in ${language} where the service does, or is not there`, async () => {
    const { stdout: text } = await folder.call(["client", "--lang", language, "--url", `${url}/nothing`]);
    const refused = await runClient(language, text);
    assert.is.not(refused.exitCode, 0);
    assert.match(refused.stdout + refused.stderr, /404[\s\S]*not found|not found[\s\S]*404/);
    assert.not.match(refused.stderr, /Traceback|\n {4}at /);
    const { stdout: deaf } = await folder.call([
      "client",
      "--lang",
      language,
      "--url",
      "http://127.0.0.1:59999",
    ]);
    const gone = await runClient(language, deaf);
    assert.is.not(gone.exitCode, 0);
    assert.match(gone.stderr, /refused|ECONNREFUSED|connect/i);
    assert.not.match(gone.stderr, /Traceback|\n {4}at /);
  });
}

test("a client needs no engine, and takes a sample from beside the code", async () => {
  await other.write({ "sample-request.json": '{"data": [1]}' });
  const { exitCode, stdout, stderr } = await other.call(["client"], { environment: NO_ENGINE });
  assert.is(exitCode, 0, stderr);
  assert.match(
    stdout,
    /sample-request\.json[\s\S]*URL = 'http:\/\/127\.0\.0\.1:5001\/score'[\s\S]*'\{"data": \[1\]\}'/,
  );
  assert.match(stderr, "no service of this package is running here");
  const refused = await other.call(["client", "--url", "nowhere"]);
  assert.is(refused.exitCode, 64);
  assert.match(refused.stderr, "error[cli/no-address]");
});

test("logs: the last lines, and from there on until the service ends", async () => {
  const last = await folder.call(["logs", "--tail", "1"]);
  assert.is(last.stdout.split("\n").length, 1, last.all);
  assert.is((await folder.call(["logs", "--tail", "0"])).stdout, "");
  const { child, ended } = folder.start(["logs", "-f", "--tail", "1"]);
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  while (said === "") await sleep(20);
  await folder.call(["score", "--data", "eleven here"]);
  while (!said.includes("scored 11")) await sleep(20);
  assert.is(said, `${last.stdout}\nscored 11\n`);
  assert.is((await folder.call(["stop"])).exitCode, 0);
  const { exitCode, stderr } = await ended;
  assert.is(exitCode, 0, stderr);
  assert.is(stderr, "");
});

test("stop leaves the service of another package alone", async () => {
  assert.equal(await findContainers(folder.name, "service"), []);
  assert.is((await other.call(["score", "--data", "x"])).exitCode, 0);
});

test("Ctrl-C ends logs -f without a trace, and the service runs on", async () => {
  const { child, ended } = other.start(["logs", "--follow"]);
  await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
  child.kill("SIGINT");
  const { exitCode, stderr } = await ended;
  assert.is(exitCode, 130);
  assert.is(stderr, "");
  assert.is((await findContainers(other.name, "service")).length, 1);
});

test("of a service that has ended there is a log, no answer, and something to stop", async () => {
  const [line = ""] = await findContainers(other.name, "service");
  await docker(["kill", line.split(" ")[0] ?? ""]);
  const scored = await other.call(["score", "--data", "x"]);
  assert.is(scored.exitCode, 64, scored.all);
  assert.match(scored.stderr, /error\[cli\/service-ended\]: the service has ended, with exit code 137/);
  for (const args of [["logs"], ["logs", "-f"]]) {
    const { exitCode, stdout } = await other.call(args);
    assert.is(exitCode, 0);
    assert.match(stdout, "init was called");
  }
  assert.is((await other.call(["stop"])).exitCode, 0);
  assert.equal(await findContainers(other.name, "service"), []);
});

test("stop stops all there are", async () => {
  assert.is((await other.call(["run", "-d"])).exitCode, 0);
  const [line = ""] = await findContainers(other.name, "service");
  const inspected = JSON.parse(await docker(["inspect", line.split(" ")[0] ?? ""]))[0];
  const labels = Object.entries(inspected.Config.Labels).flatMap(([name, value]) => [
    "--label",
    `${name}=${value}`,
  ]);
  const image = (await inspectImage(`${other.name}:latest`))?.Id ?? "";
  await docker(["run", "--detach", ...labels, image]);
  const { exitCode, stderr } = await other.call(["stop"]);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "stopped 2 services");
  assert.equal(await findContainers(other.name, "service"), []);
});

test.run();

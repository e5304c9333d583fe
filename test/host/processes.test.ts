import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createProcesses } from "../../src/host/processes.ts";
import type { ProcessRequest, ProcessResult } from "../../src/model/host.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("processes");

const GRACE_MS = 200;
const { run } = createProcesses(GRACE_MS);

function node(script: string, more: Partial<ProcessRequest> = {}): Promise<ProcessResult> {
  return run({ command: process.execPath, args: ["-e", script], environment: {}, ...more });
}

test("output and exit code", async () => {
  const result = await node("console.log('out é'); console.error('err'); process.exitCode = 3");
  assert.equal(result, { exitCode: 3, stdout: "out é\n", stderr: "err\n" });
});

test("lines as they come", async () => {
  const [out, err]: [string[], string[]] = [[], []];
  await node("process.stdout.write('a\\nb'); console.error('x\\n\\ny')", {
    onStdoutLine: (line) => out.push(line),
    onStderrLine: (line) => err.push(line),
  });
  assert.equal(
    [out, err],
    [
      ["a", "b"],
      ["x", "", "y"],
    ],
  );
});

test("who cannot take a line is told so, and the child is ended", async () => {
  const lines: string[] = [];
  const onLine = (line: string) => {
    lines.push(line);
    throw new Error("cannot take it");
  };
  for (const listening of [{ onStdoutLine: onLine }, { onStderrLine: onLine }]) {
    const script = "console.log('a\\nb'); console.error('a\\nb'); setInterval(() => {}, 1000)";
    const told = await node(script, listening).catch((error: Error) => error.message);
    assert.is(told, "cannot take it");
  }
  assert.equal(lines, ["a", "a"]);
});

test("input, and none", async () => {
  const script =
    "process.stdin.on('data', (d) => process.stdout.write(d)).on('end', () => console.log('end'))";
  assert.is((await node(script, { input: "hello " })).stdout, "hello end\n");
  assert.is((await node(script)).stdout, "end\n");
});

test("what is not in the environment is not there", async () => {
  process.env.MLPACKAGE_TEST_SECRET = "secret";
  const { stdout } = await node("console.log(JSON.stringify(process.env))", { environment: { A: "1" } });
  assert.equal(JSON.parse(stdout), { A: "1" });
});

test("no shell reads the arguments", async () => {
  const { stdout } = await run({
    command: process.execPath,
    args: ["-p", "process.argv[1]", "$HOME; `id` '\"*"],
    environment: {},
  });
  assert.is(stdout, "$HOME; `id` '\"*\n");
});

test("a command that does not exist", async () => {
  const result = await run({ command: "mlpackage-no-such-command", args: [], environment: {} });
  assert.equal(result, { exitCode: undefined, stdout: "", stderr: "", failure: "not-found" });
});

test("a command that may not be run", async () => {
  const command = path.join(makeFolder({ file: "text" }), "file");
  const result = await run({ command, args: [], environment: {} });
  assert.is(result.failure, "not-started");
});

const WAIT = "console.error('ready'); setInterval(() => {}, 1000);";
const STUBBORN = `process.on('SIGTERM', () => console.error('TERM')); ${WAIT}`;

test("too long", async () => {
  const { exitCode, failure } = await node(WAIT, { timeoutMs: 300 });
  assert.equal([exitCode, failure], [undefined, "timed-out"]);
});

async function abortOnceReady(script: string) {
  const controller = new AbortController();
  const began = performance.now();
  let abortedMs = 0;
  const lines: string[] = [];
  const result = await node(script, {
    signal: controller.signal,
    onStderrLine: (line) => {
      lines.push(line);
      if (line !== "ready") return;
      abortedMs = performance.now() - began;
      controller.abort();
    },
  });
  return { result, lines, tookMs: performance.now() - began - abortedMs };
}

test("an interrupt ends a child that listens at once", async () => {
  const { result, tookMs } = await abortOnceReady(WAIT);
  assert.is(result.failure, "aborted");
  assert.ok(tookMs < GRACE_MS * 5);
});

test("one that does not listen has its time, and then it is killed", async () => {
  const { result, lines, tookMs } = await abortOnceReady(STUBBORN);
  assert.is(result.failure, "aborted");
  assert.ok(lines.includes("TERM"));
  assert.ok(tookMs >= GRACE_MS * 0.9, `${tookMs} ms`);
});

test("what was aborted before is not started", async () => {
  const result = await node("console.log('ran')", { signal: AbortSignal.abort() });
  assert.equal([result.failure, result.stdout], ["aborted", ""]);
});

test("a child that somebody else ended", async () => {
  const { exitCode, failure } = await node("process.kill(process.pid, 'SIGKILL')");
  assert.equal([exitCode, failure], [undefined, "signalled"]);
});

test.run();

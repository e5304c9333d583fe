import type { Processes, ProcessRequest, ProcessResult } from "../model/host.ts";

/** How long a child has between TERM and KILL. */
const GRACE_MS = 10_000;

/** Children of this process, through execa. A child still running when we exit is ended with us. */
export function createProcesses(graceMs = GRACE_MS): Processes {
  return { run: (request) => run(request, graceMs) };
}

async function run(request: ProcessRequest, graceMs: number): Promise<ProcessResult> {
  const { execa } = await import("execa");
  const child = execa(request.command, [...request.args], {
    env: { ...request.environment },
    extendEnv: false,
    reject: false,
    // What is read line by line is not kept as well: a long build says more than memory should hold.
    buffer: { stdout: request.onStdoutLine === undefined, stderr: request.onStderrLine === undefined },
    maxBuffer: 64 * 1024 * 1024,
    stripFinalNewline: false,
    forceKillAfterDelay: graceMs,
    ...(request.directory !== undefined && { cwd: request.directory }),
    ...(request.input !== undefined ? { input: request.input } : { stdin: "ignore" as const }),
    ...(request.signal !== undefined && { cancelSignal: request.signal }),
    ...(request.timeoutMs !== undefined && { timeout: request.timeoutMs }),
    ...(request.interactive === true && { stdio: "inherit" as const }),
  });
  const end = () => void child.kill();
  await Promise.all([
    forEachLine(request.onStdoutLine, () => child.iterable({ from: "stdout" }), end),
    forEachLine(request.onStderrLine, () => child.iterable({ from: "stderr" }), end),
  ]);
  const result = await child;
  const failure = failureOf(result);
  return {
    exitCode: result.exitCode,
    stdout: textOf(result.stdout),
    stderr: textOf(result.stderr),
    ...(failure !== undefined && { failure }),
  };
}

/** Ends the child of whoever cannot take a line, and throws what they threw once it is gone. */
async function forEachLine(
  onLine: ((line: string) => void) | undefined,
  lines: () => AsyncIterable<unknown>,
  end: () => void,
): Promise<void> {
  if (onLine === undefined) return;
  const thrown: unknown[] = [];
  try {
    for await (const line of lines()) {
      if (thrown.length > 0) continue;
      try {
        onLine(String(line));
      } catch (error) {
        thrown.push(error);
        end();
      }
    }
  } catch {
    // The iterable fails together with the child, whose result says why.
  }
  if (thrown.length > 0) throw thrown[0];
}

function textOf(output: unknown): string {
  return typeof output === "string" ? output : "";
}

type Ended = {
  readonly isCanceled: boolean;
  readonly timedOut: boolean;
  readonly isTerminated: boolean;
  readonly exitCode?: number | undefined;
  readonly code?: string | undefined;
};

function failureOf(result: Ended): ProcessResult["failure"] {
  if (result.isCanceled) return "aborted";
  if (result.timedOut) return "timed-out";
  if (result.code === "ENOENT") return "not-found";
  if (result.isTerminated) return "signalled";
  return result.exitCode === undefined ? "not-started" : undefined;
}

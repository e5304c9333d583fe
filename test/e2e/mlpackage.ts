import { execa } from "execa";

const PROGRAM = new URL("../../dist/mlpackage.js", import.meta.url).pathname;

/** A call that takes longer hangs. */
const LIMIT_MS = 180_000;

export type CallOptions = {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly limitMs?: number;
  readonly program?: string;
  /** In a process group of its own, which can be signalled as a terminal does it. */
  readonly detached?: boolean;
};

/** How a call of the program ended. `all` is both streams, as a terminal would show them. */
export type Call = {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly all: string;
  readonly durationMs: number;
};

/** Starts the built program; the child is there to be signalled. */
export function startMlpackage(folder: string, args: readonly string[], options: CallOptions = {}) {
  const child = execa("node", [options.program ?? PROGRAM, ...args], {
    cwd: folder,
    // As at a desk: what continuous integration does otherwise has tests of its own.
    env: { NO_COLOR: "1", CI: "", ...options.environment },
    input: options.input ?? "",
    reject: false,
    all: true,
    detached: options.detached ?? false,
    timeout: options.limitMs ?? LIMIT_MS,
  });
  const began = performance.now();
  const ended = child.then(
    ({ exitCode, stdout, stderr, all }): Call => ({
      ...{ exitCode, stdout, stderr, all },
      durationMs: performance.now() - began,
    }),
  );
  return { child, ended };
}

import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A command that takes longer hangs. */
const LIMIT_MS = 120_000;

export type Ended = {
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  readonly timedOut: boolean;
};

export type Running = {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Resolves once standard error has shown a text, or the command has ended. */
  readonly says: (text: string) => Promise<void>;
  /** To the process that was started, or to its whole group. Of one that has ended, nothing. */
  readonly signal: (signal: NodeJS.Signals, to: "leader" | "group") => void;
};

export type CommandOptions = {
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly limitMs?: number;
};

const underWay = new Set<Running>();

/** Starts a command in a process group of its own, as a terminal would. */
export function startCommand(
  argv: readonly string[],
  { folder, environment, limitMs = LIMIT_MS }: CommandOptions,
): Running {
  const [program = "", ...args] = argv;
  const began = performance.now();
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const texts = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (chunk: string) => {
      texts[stream] += chunk;
      for (const listener of listeners) listener();
    });
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    running.signal("SIGKILL", "group");
  }, limitMs);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", (error) => {
      clearTimeout(timer);
      underWay.delete(running);
      reject(error);
    });
    let closing: NodeJS.Timeout | undefined;
    const finish = (exitCode: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(timer);
      clearTimeout(closing);
      underWay.delete(running);
      child.stdout.destroy();
      child.stderr.destroy();
      const durationMs = performance.now() - began;
      resolve({
        ...{ exitCode: exitCode ?? undefined, signal: signal ?? undefined },
        ...{ ...texts, durationMs, timedOut },
      });
    };
    child.once("close", finish);
    // An orphan may hold its streams open; what counts is that the leader has ended.
    child.once("exit", (exitCode, signal) => {
      closing = setTimeout(() => finish(exitCode, signal), 500);
    });
  });
  const running: Running = {
    pid: child.pid ?? 0,
    ended,
    signal(signal, to) {
      // Without an id it was never started; zero would be our own group.
      if (child.pid !== undefined) send(signal, to === "group" ? -child.pid : child.pid);
    },
    says: (text) =>
      new Promise((resolve) => {
        const listener = (): void => {
          if (texts.stderr.includes(text)) resolve();
        };
        listeners.add(listener);
        listener();
        void ended.then(() => resolve());
      }),
  };
  underWay.add(running);
  return running;
}

/** Runs a command to its end. */
export function runCommand(argv: readonly string[], options: CommandOptions): Promise<Ended> {
  return startCommand(argv, options).ended;
}

/** As `runCommand`, for one that must succeed. */
export async function demandCommand(argv: readonly string[], options: CommandOptions): Promise<Ended> {
  const ended = await runCommand(argv, options);
  if (ended.exitCode !== 0) throw new Error(`\`${argv.join(" ")}\` failed: ${wordEnd(ended)}`);
  return ended;
}

/** How it ended and what it said last, for a message. */
export function wordEnd({ exitCode, signal, stdout, stderr, timedOut }: Ended): string {
  const how = timedOut ? "ended by us, too late" : `exit ${exitCode ?? signal}`;
  return `${how}\n${stdout.slice(-1500)}${stderr.slice(-2500)}`;
}

/** Ends whatever was started here and still runs. */
export function endAll(): void {
  for (const running of underWay) running.signal("SIGKILL", "group");
}

/** Ids of processes whose command line holds a text, our own excepted. */
export function findProcesses(text: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => readCommandLine(name).includes(text))
    .map(Number);
}

function readCommandLine(pid: string): string {
  try {
    const isZombie = / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/\(.*\)/, ""));
    return isZombie ? "" : readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    // It has ended meanwhile.
    return "";
  }
}

/** Waits until something holds; false if it does not within the time. */
export async function waitUntil(holds: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
  for (const end = performance.now() + limitMs; performance.now() < end; await sleep(30)) {
    if (await holds()) return true;
  }
  return await holds();
}

function send(signal: NodeJS.Signals, target: number): void {
  try {
    process.kill(target, signal);
  } catch {
    // It has ended already.
  }
}

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";

const repository = new URL("../..", import.meta.url).pathname;

export type TerminalSize = { readonly columns: number; readonly rows: number };

export type TerminalCall = TerminalSize & {
  readonly folder: string;
  /** A line of a shell. */
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
};

/** A command at a real terminal: tmux, with a screen that can be read and made larger or smaller. */
export type Terminal = {
  /** The lines that stand there, trailing blank ones left out; `withHistory` has those above the screen as well. */
  read(options?: {
    readonly withHistory?: boolean;
    readonly withColors?: boolean;
  }): Promise<readonly string[]>;
  /** The lines once they are as wanted. */
  wait(what: string, isThere: (lines: readonly string[]) => boolean): Promise<readonly string[]>;
  /** The lines once the command has ended, and what it ended with. */
  end(): Promise<{ readonly lines: readonly string[]; readonly exitCode: number }>;
  resize(size: TerminalSize): Promise<void>;
  isCursorVisible(): Promise<boolean>;
  close(): void;
};

const LIMIT_MS = 60_000;
const LOOK_MS = 50;
const ENDED = "the command ended with";

export async function openTerminal(call: TerminalCall): Promise<Terminal> {
  const { stdout: program } = await execa("bash", [`${repository}/test/rig/tmux.sh`], { timeout: 100_000 });
  const folder = mkdtempSync(path.join(tmpdir(), "mlpackage-tmux-"));
  // No server and no settings but its own.
  const own = ["-S", path.join(folder, "socket"), "-f", "/dev/null", "-u"];
  const tmux = async (...args: readonly string[]) => (await execa(program, [...own, ...args])).stdout;
  const close = (): void => {
    try {
      execFileSync(program, [...own, "kill-server"], { stdio: "ignore" });
    } catch {
      // It ended with its last window.
    }
    rmSync(folder, { recursive: true, force: true });
  };
  process.on("exit", close);
  const { columns, rows, environment } = call;
  await tmux(
    ...["new-session", "-d", "-x", String(columns), "-y", String(rows), "-c", call.folder],
    ...Object.entries(environment).flatMap(([name, value]) => ["-e", `${name}=${value}`]),
    `${call.command}; echo "${ENDED} $?"; exec sleep 600`,
  );
  await tmux("set", "-g", "status", "off");
  await resize(call);

  async function resize(size: TerminalSize): Promise<void> {
    await tmux("resize-window", "-x", String(size.columns), "-y", String(size.rows));
  }

  async function read({ withHistory = false, withColors = false } = {}): Promise<readonly string[]> {
    const text = await tmux(
      "capture-pane",
      "-p",
      ...(withHistory ? ["-S", "-"] : []),
      ...(withColors ? ["-e"] : []),
    );
    return text.trimEnd().split("\n");
  }

  async function wait(
    what: string,
    isThere: (lines: readonly string[]) => boolean,
  ): Promise<readonly string[]> {
    const until = performance.now() + LIMIT_MS;
    for (;;) {
      const lines = await read();
      if (isThere(lines)) return lines;
      const isOver = performance.now() > until || lines.some((line) => line.startsWith(ENDED));
      if (isOver) throw new Error(`${what} never stood there:\n${lines.join("\n")}`);
      await sleep(LOOK_MS);
    }
  }

  return {
    ...{ read, wait, resize, close },
    async end() {
      await wait("the end", (lines) => lines.some((line) => line.startsWith(ENDED)));
      const lines = await read({ withHistory: true });
      const last = lines.find((line) => line.startsWith(ENDED)) ?? "";
      return {
        lines: lines.filter((line) => line !== last),
        exitCode: Number(last.slice(ENDED.length)),
      };
    },
    isCursorVisible: async () => (await tmux("display-message", "-p", "#{cursor_flag}")) === "1",
  };
}

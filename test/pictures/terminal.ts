import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";

/** What a terminal shows, and since when, in milliseconds; lines with the colours of `tmux capture-pane -e`. */
export type Frame = {
  readonly timeMs: number;
  readonly lines: readonly string[];
  /** Whether a command is at work: nobody types. */
  readonly isRunning: boolean;
};

export type Size = { readonly columns: number; readonly rows: number };

const EVERY_MS = 80;
const KEY_MS = 28;
const PROMPT = "$ ";
const BOLD_PROMPT = "\\[\\e[1;32m\\]$\\[\\e[0m\\] ";

/** Types commands into a real shell in a real terminal (tmux's), each once the one before has ended, and films it. */
export async function filmTerminal(
  commands: readonly string[],
  { columns, rows }: Size,
  { directory, environment }: { readonly directory: string; readonly environment: Record<string, string> },
): Promise<readonly Frame[]> {
  const socket = `mlpackage-film-${process.pid}`;
  const tmux = (...args: readonly string[]) => execa("tmux", ["-L", socket, "-f", "/dev/null", ...args]);
  const variables = Object.entries({ ...environment, PS1: BOLD_PROMPT, TERM: "screen-256color" });
  const frames: Frame[] = [];
  const began = performance.now();
  let last = "";
  const look = async (isRunning = false): Promise<readonly string[]> => {
    const { stdout } = await tmux("capture-pane", "-e", "-p", "-t", "film");
    const lines = stdout.split("\n");
    if (stdout !== last) frames.push({ timeMs: performance.now() - began, lines, isRunning });
    last = stdout;
    return lines;
  };
  await tmux(
    ...["new-session", "-d", "-s", "film", "-x", String(columns), "-y", String(rows), "-c", directory],
    // As words of their own, and by env: a shell between would have a PS1 of its own, and tmux keeps its PATH.
    ...["env", ...variables.map(([name, value]) => `${name}=${value}`), "bash", "--norc", "--noprofile"],
  );
  try {
    await pause(500);
    await look();
    for (const command of commands) {
      for (const key of command) {
        await tmux("send-keys", "-t", "film", "-H", hexOf(key));
        await pause(KEY_MS);
        await look();
      }
      await pause(300);
      await tmux("send-keys", "-t", "film", "Enter");
      await pause(EVERY_MS);
      while (!isPrompt(await look(true))) await pause(EVERY_MS);
      await pause(900);
    }
    return frames;
  } finally {
    await tmux("kill-server");
  }
}

function isPrompt(lines: readonly string[]): boolean {
  const last = lines.findLast((line) => line.trim() !== "");
  return last !== undefined && stripVTControlCharacters(last).trimEnd() === PROMPT.trimEnd();
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** As they are, where tmux would read a `;` as the end of its command. */
function hexOf(key: string): string {
  return Buffer.from(key).toString("hex");
}

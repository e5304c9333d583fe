import { execa } from "execa";

/** What a terminal shows, and since when, in milliseconds; lines with the colours of `tmux capture-pane -e`. */
export type Frame = { readonly timeMs: number; readonly lines: readonly string[] };

export type Size = { readonly columns: number; readonly rows: number };

const EVERY_MS = 80;
const KEY_MS = 28;
const PROMPT = "$ ";

/** Types commands into a real shell in a real terminal (tmux's), each once the one before has ended, and films it. */
export async function filmTerminal(
  commands: readonly string[],
  { columns, rows }: Size,
  { directory, environment }: { readonly directory: string; readonly environment: Record<string, string> },
): Promise<readonly Frame[]> {
  const socket = `mlpackage-film-${process.pid}`;
  const tmux = (...args: readonly string[]) => execa("tmux", ["-L", socket, "-f", "/dev/null", ...args]);
  const variables = Object.entries({ ...environment, PS1: PROMPT, TERM: "screen-256color" });
  const frames: Frame[] = [];
  const began = performance.now();
  let last = "";
  const look = async (): Promise<readonly string[]> => {
    const { stdout } = await tmux("capture-pane", "-e", "-p", "-t", "film");
    const lines = stdout.split("\n");
    if (stdout !== last) frames.push({ timeMs: performance.now() - began, lines });
    last = stdout;
    return lines;
  };
  await tmux(
    ...["new-session", "-d", "-s", "film", "-x", String(columns), "-y", String(rows), "-c", directory],
    ...variables.flatMap(([name, value]) => ["-e", `${name}=${value}`]),
    // As words of their own: a shell between would have a PS1 of its own.
    ...["bash", "--norc", "--noprofile"],
  );
  try {
    await pause(500);
    await look();
    for (const command of commands) {
      for (const key of command) {
        await tmux("send-keys", "-t", "film", "-l", key);
        await pause(KEY_MS);
        await look();
      }
      await pause(300);
      await tmux("send-keys", "-t", "film", "Enter");
      await pause(EVERY_MS);
      while (!isPrompt(await look())) await pause(EVERY_MS);
      await pause(900);
    }
    return frames;
  } finally {
    await tmux("kill-server");
  }
}

function isPrompt(lines: readonly string[]): boolean {
  return lines.findLast((line) => line.trim() !== "")?.trimEnd() === PROMPT.trimEnd();
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

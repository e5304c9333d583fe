/** What the server in the container says of its reloads, by their number; 0 is its start. */
export type ReloadState = "starting" | "serving" | "failed";

export type ReloadLog = {
  /** Takes the next piece of a stream of the container. */
  write(text: string, stream: "stdout" | "stderr"): void;
  /** There is no next piece: what was no line of ours after all is handed on. */
  end(): void;
  /** The number of the latest reload that was begun. */
  latest(): number;
  /** How a reload ended, once it has; undefined where it has not. */
  outcome(number: number): ReloadState | undefined;
};

const LINE = /mlpackage-reload (\d+) (starting|serving|failed)\n/g;
const BEGINNING = "mlpackage-reload ";

/**
 * Takes the lines of the server that are meant for us out of its log, hands on the rest, and calls `onReload` for each. A
 * line may come in pieces, and after something that the script printed without ending its own.
 */
export function createReloadLog(onText: (text: string) => void, onReload: () => void): ReloadLog {
  const states = new Map<number, ReloadState>();
  let held = "";
  return {
    write(text, stream) {
      if (stream === "stdout") {
        onText(text);
        return;
      }
      let count = 0;
      const rest = (held + text).replace(LINE, (_line, number: string, state: ReloadState) => {
        states.set(Number(number), state);
        count += 1;
        return "";
      });
      const end = rest.length - unfinished(rest);
      held = rest.slice(end);
      if (end > 0) onText(rest.slice(0, end));
      if (count > 0) onReload();
    },
    end() {
      if (held !== "") onText(held);
      held = "";
    },
    latest: () => Math.max(-1, ...states.keys()),
    outcome(number) {
      const state = states.get(number);
      return state === "starting" ? undefined : state;
    },
  };
}

/** How many characters at the end of a text may be the beginning of a line of ours. */
function unfinished(text: string): number {
  const line = text.slice(text.lastIndexOf("\n") + 1);
  const at = line.lastIndexOf(BEGINNING);
  if (at >= 0) return line.length - at;
  for (let length = Math.min(line.length, BEGINNING.length - 1); length > 0; length -= 1)
    if (BEGINNING.startsWith(line.slice(-length))) return length;
  return 0;
}

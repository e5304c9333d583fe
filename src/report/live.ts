import type { RunEvent } from "../model/event.ts";
import type { Clock } from "../model/host.ts";
import type { Reporter, Terminal } from "../model/reporter.ts";
import { renderDiagnostics } from "./diagnostic-text.ts";
import { drawEndedView, drawLiveView } from "./draw-live-view.ts";
import { advance, type LiveView } from "./live-view.ts";
import { wordSummary } from "./wording.ts";

/** What draws. */
export interface Screen {
  /** Replaces what it drew last. */
  render(text: string): void;
  /** Takes away what it drew last, and gives the cursor back. */
  clear(): void;
  /** Calls every so many milliseconds, and where the terminal has another size, until what it gives is called. */
  everyFrame(milliseconds: number, act: () => void): () => void;
}

const FRAME_MS = 80;

/** A view that is drawn over as the run goes on. */
export function createLiveReporter(
  terminal: Terminal,
  screen: Screen,
  clock: Pick<Clock, "monotonic">,
): Reporter {
  const { color } = terminal;
  let view: LiveView = new Map();
  let last = { timeMs: 0, atMs: clock.monotonic() };
  let isDone = false;
  const draw = () => {
    if (isDone || view.size === 0) return;
    const timeMs = last.timeMs + clock.monotonic() - last.atMs;
    const size = { columns: terminal.columns(), rows: terminal.rows(), color };
    screen.render(drawLiveView(view, timeMs, size).join("\n"));
  };
  const say = (lines: readonly string[]) => {
    screen.clear();
    terminal.write(lines.map((line) => `${line}\n`).join(""));
  };
  const stop = screen.everyFrame(FRAME_MS, draw);
  return {
    handle(event: RunEvent) {
      last = { timeMs: event.timeMs, atMs: clock.monotonic() };
      view = advance(view, event);
      if (event.type === "diagnostic") say([renderDiagnostics([event.diagnostic], { color })]);
      if (event.type !== "run-finished") return;
      isDone = true;
      say([...drawEndedView(view, terminal.columns(), color), wordSummary(event.outcomes, event.timeMs)]);
    },
    close() {
      isDone = true;
      stop();
      screen.clear();
    },
  };
}

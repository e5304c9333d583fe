import type { RunEvent } from "../model/event.ts";
import type { Reporter, Terminal } from "../model/reporter.ts";
import { renderDiagnostics } from "./diagnostic-text.ts";
import { advance, drawLiveView, type LiveView } from "./live-view.ts";
import { wordSummary } from "./wording.ts";

/** What draws: `render` replaces what it drew last, `done` leaves it standing. */
export type Screen = { readonly render: (text: string) => void; readonly done: () => void };

const FRAME_MS = 80;

/** A view that is drawn over as the run goes on. `every` calls back until what it gives is called. */
export function createLiveReporter(
  terminal: Terminal,
  screen: Screen,
  every: (milliseconds: number, act: () => void) => () => void,
): Reporter {
  let view: LiveView = new Map();
  let timeMs = 0;
  const draw = () => screen.render(drawLiveView(view, timeMs, terminal.columns(), terminal.color).join("\n"));
  const stop = every(FRAME_MS, () => {
    timeMs += FRAME_MS;
    draw();
  });
  return {
    handle(event: RunEvent) {
      timeMs = event.timeMs;
      view = advance(view, event);
      if (event.type === "diagnostic") {
        screen.done();
        terminal.write(`${renderDiagnostics([event.diagnostic], { color: terminal.color })}\n`);
      }
      if (event.type !== "run-finished") return;
      draw();
      screen.done();
      terminal.write(`${wordSummary(event.outcomes, event.timeMs)}\n`);
    },
    close() {
      stop();
      screen.done();
    },
  };
}

import { createLogUpdate } from "log-update";
import type { Reporter, Terminal } from "../model/reporter.ts";
import { createLiveReporter } from "../report/live.ts";

/** The live view, drawn over itself on a terminal's stream. */
export function createScreenReporter(terminal: Terminal, stream: NodeJS.WritableStream): Reporter {
  const screen = createLogUpdate(stream, { showCursor: false });
  return createLiveReporter(
    terminal,
    { render: (text) => screen(text), done: () => screen.done() },
    (milliseconds, act) => {
      const timer = setInterval(act, milliseconds);
      return () => clearInterval(timer);
    },
  );
}

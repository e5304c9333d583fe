import { createLogUpdate } from "log-update";
import type { Reporter, Terminal } from "../model/reporter.ts";
import { createLiveReporter } from "../report/live.ts";

/** The live view on our own standard error. */
export function createScreenReporter(terminal: Terminal): Reporter {
  const screen = createLogUpdate(process.stderr, { showCursor: false });
  return createLiveReporter(
    terminal,
    { render: (text) => screen(text), done: () => screen.done() },
    (milliseconds, act) => {
      const timer = setInterval(act, milliseconds);
      return () => clearInterval(timer);
    },
  );
}

import { createLogUpdate } from "log-update";
import type { Clock } from "../model/host.ts";
import type { Reporter, Terminal } from "../model/reporter.ts";
import { createLiveReporter, type Screen } from "../report/live.ts";
import { rowsOf } from "../report/printed-text.ts";

/** The live view, drawn over itself where `terminal` writes to; `stream` tells of another size. */
export function createScreenReporter(
  terminal: Terminal,
  stream: NodeJS.WritableStream,
  clock: Pick<Clock, "monotonic">,
): Reporter {
  return createLiveReporter(terminal, createScreen(terminal, stream), clock);
}

function createScreen(terminal: Terminal, stream: NodeJS.WritableStream): Screen {
  // Past `terminal`, a pipe would have the frames before the lines that were written before them.
  const target = Object.create(stream, {
    write: { value: terminal.write },
    columns: { get: terminal.columns },
    rows: { get: terminal.rows },
  }) as NodeJS.WritableStream;
  const update = createLogUpdate(target);
  let drawn = "";

  /** Terminals break the lines that no longer fit: so what was drawn has other rows than were counted. */
  function forget(): void {
    if (drawn !== "") terminal.write(`\u001b[${rowsOf(drawn, terminal.columns())}A\r\u001b[J`);
    drawn = "";
    update.done();
  }

  return {
    render(text) {
      update(text);
      drawn = text;
    },
    clear() {
      update.clear();
      update.done();
      drawn = "";
    },
    everyFrame(milliseconds, act) {
      const timer = setInterval(act, milliseconds);
      const resized = () => {
        forget();
        act();
      };
      stream.on("resize", resized);
      return () => {
        clearInterval(timer);
        stream.off("resize", resized);
      };
    },
  };
}

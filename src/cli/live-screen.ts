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

  /**
   * Terminals break the lines that no longer fit: what was drawn may have more rows than it had. Row by row, since tmux
   * keeps a screen that is erased as a whole in its history.
   */
  function clear(): void {
    if (drawn !== "")
      terminal.write(`${"\u001b[2K\u001b[1A".repeat(rowsOf(drawn, terminal.columns()))}\u001b[2K\r`);
    drawn = "";
    update.done();
  }

  return {
    render(text) {
      update(text);
      drawn = text;
    },
    clear,
    everyFrame(milliseconds, act) {
      let settling: NodeJS.Timeout | undefined;
      const timer = setInterval(() => {
        if (settling === undefined) act();
      }, milliseconds);
      const resized = () => {
        clearTimeout(settling);
        settling = setTimeout(() => {
          settling = undefined;
          clear();
          act();
        }, SETTLE_MS);
      };
      stream.on("resize", resized);
      return () => {
        clearInterval(timer);
        clearTimeout(settling);
        stream.off("resize", resized);
      };
    },
  };
}

/** A window that is drawn larger has many sizes: what is written for one of them may meet the next. */
const SETTLE_MS = 30;

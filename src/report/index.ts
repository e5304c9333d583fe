import type { Reporter, Terminal } from "../model/reporter.ts";
import { createJsonReporter } from "./json-lines.ts";
import { createPlainReporter } from "./plain.ts";

/** How progress is told. `auto` is `tty` on a terminal, else `plain`. */
export const PROGRESS_MODES = ["auto", "tty", "plain", "json"] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

/** The reporters that need no more than somewhere to write; the live view is put together by the command line. */
export const REPORTERS: Readonly<Record<"plain" | "json", (terminal: Terminal) => Reporter>> = {
  plain: createPlainReporter,
  json: createJsonReporter,
};

export const silentReporter: Reporter = { handle: () => {}, close: () => {} };

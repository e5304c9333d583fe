import type { Reporter } from "../model/reporter.ts";

/** Who is told of a run beside the terminal; `save` is called once the run has ended, however it did. */
export type Recording = {
  readonly reporter: Reporter;
  readonly save: () => Promise<void>;
  readonly kind: "trace" | "junit" | "report" | "summary";
};

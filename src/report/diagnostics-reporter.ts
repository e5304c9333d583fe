import type { Diagnostic } from "../model/diagnostic.ts";
import type { Reporter } from "../model/reporter.ts";

/** Hands on what a run says of mistakes while it goes on. Those that a step fails with are told once it has ended. */
export function createDiagnosticsReporter(onTold: (diagnostics: readonly Diagnostic[]) => void): Reporter {
  return {
    handle: (event) => {
      if (event.type === "diagnostic") onTold([event.diagnostic]);
    },
    close: () => {},
  };
}

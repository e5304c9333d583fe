import type { Reporter } from "../model/reporter.ts";

/** One reporter that tells each of these, in their order. */
export function combineReporters(...reporters: readonly Reporter[]): Reporter {
  return {
    handle: (event) => {
      for (const reporter of reporters) reporter.handle(event);
    },
    close: () => {
      for (const reporter of reporters) reporter.close();
    },
  };
}

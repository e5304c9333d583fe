import type { Diagnostic } from "../model/diagnostic.ts";

/** A way for warnings to somebody who may not be there yet. */
export type Outlet = {
  readonly warn: (diagnostic: Diagnostic) => void;
  /** Who hears of them from now on, those from before first. */
  readonly tellTo: (listener: (diagnostic: Diagnostic) => void) => void;
};

/** Keeps what is told until somebody listens: a run has a place for warnings only once it has begun. */
export function createOutlet(): Outlet {
  const told: Diagnostic[] = [];
  let listener: ((diagnostic: Diagnostic) => void) | undefined;
  return {
    warn: (diagnostic) => {
      if (listener === undefined) told.push(diagnostic);
      else listener(diagnostic);
    },
    tellTo: (next) => {
      listener = next;
      for (const diagnostic of told.splice(0)) next(diagnostic);
    },
  };
}

import type { Diagnostic } from "../model/diagnostic.ts";
import { failuresOf, type Outcome } from "../model/outcome.ts";

/** What the process ends with, after sysexits.h and terraform. */
export const EXIT = {
  done: 0,
  stepFailed: 1,
  /** As `diff` has it: two images are not the same, or one cannot be read. */
  different: 1,
  notCompared: 2,
  workFound: 2,
  testFailed: 3,
  wrongInput: 64,
  noEngine: 69,
  bug: 70,
  lockTimedOut: 75,
  interrupted: 130,
  terminated: 143,
} as const;

/** The exit code that diagnostics call for when no step has run. */
export function exitCodeOf(diagnostics: readonly Diagnostic[]): number {
  if (diagnostics.some(isEngineMissing)) return EXIT.noEngine;
  if (diagnostics.some(({ code }) => code === "lock/timed-out")) return EXIT.lockTimedOut;
  const isWrongInput = diagnostics.every(({ code }) =>
    /^(document|requirements|config|import|cli)\//.test(code),
  );
  return isWrongInput ? EXIT.wrongInput : EXIT.stepFailed;
}

/** The exit code of a run: a failed test of the package is told apart from a step that broke. */
export function exitCodeOfRun(outcomes: ReadonlyMap<string, Outcome>): number {
  if (![...outcomes.values()].some(({ status }) => status === "failed")) return EXIT.done;
  const failures = failuresOf(outcomes);
  if (failures.some(isEngineMissing)) return EXIT.noEngine;
  if (failures.some(({ code }) => code === "lock/timed-out")) return EXIT.lockTimedOut;
  const isTest = failures.every(({ code }) => /^(test|service)\//.test(code));
  return isTest ? EXIT.testFailed : EXIT.stepFailed;
}

function isEngineMissing({ code }: Diagnostic): boolean {
  return (
    code === "engine/unreachable" || code === "engine/unsupported-endpoint" || code === "engine/no-buildx"
  );
}

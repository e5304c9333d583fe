import type { Applied } from "../model/api.ts";
import type { Outcome } from "../model/outcome.ts";
import type { ReportedTest } from "../model/test-result.ts";
import { outcomeToJson } from "./json-lines.ts";
import { testsToJson } from "./test-json.ts";

/** How a run ended as plain data. */
export function appliedToJson({
  outcomes,
  tests,
}: {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly tests: readonly ReportedTest[];
}): Applied {
  const steps = [...outcomes].map(([id, outcome]) => ({ id, ...outcomeToJson(outcome) }));
  return { steps, tests: testsToJson(tests) };
}

import type { AppliedTest } from "../model/api.ts";
import type { ReportedTest } from "../model/test-result.ts";

/** The tests of a run as plain data, for `--json`. */
export function testsToJson(tests: readonly ReportedTest[]): readonly AppliedTest[] {
  return tests.map((test) => {
    if (test.status === "not-run") return test;
    const { name, status, isCached: cached, ...more } = test;
    return { name, status, cached, ...more };
  });
}

/** How a test of the package went; `failures` are empty where it passed. Times are milliseconds. */
export type TestResult = {
  readonly name: string;
  readonly durationMs: number;
  readonly requests: readonly RequestResult[];
  readonly failures: readonly TestFailure[];
};

/** A request that was sent, as often as `latencies` says. Its path has no query, which may hold a key. */
export type RequestResult = {
  readonly method: string;
  readonly path: string;
  /** Of the last answer; left out where none came. */
  readonly status?: number;
  readonly latencies: Latencies;
  /** The beginning of the last answer; left out of what is remembered. */
  readonly answer?: string;
};

/** How long the answers took: nearest-rank percentiles, in milliseconds. */
export type Latencies = {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
};

/** One thing that is not as expected; `excerpt` shows more of it. */
export type TestFailure = { readonly message: string; readonly excerpt: readonly string[] };

/** A test in a report. `isCached`: it passed earlier, and nothing has changed since. */
export type ReportedTest =
  | (TestResult & { readonly status: "passed" | "failed"; readonly isCached: boolean })
  | { readonly name: string; readonly status: "not-run"; readonly reason: string };

/** What came of the same request, sent many times. */
export type Load = {
  /** How many were under way at once. */
  readonly concurrency: number;
  readonly durationMs: number;
  /** Of each request that was answered, whatever the answer, to the last byte of it. */
  readonly latenciesMs: readonly number[];
  /** Status → answers with it. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Why there was no answer → how often. */
  readonly faults: ReadonlyMap<string, number>;
  /** Of the bodies of all answers. */
  readonly bytes: number;
  /** Whether it was not interrupted. */
  readonly isWhole: boolean;
};

/** How many requests of a load were not answered as they should be. */
export function failuresOfLoad({ statuses, faults }: Load): number {
  const failed = [...statuses].filter(([status]) => status >= 400).map(([, count]) => count);
  return [...failed, ...faults.values()].reduce((sum, count) => sum + count, 0);
}

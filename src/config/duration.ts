const millisecondsOf: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The length of a duration that the schema has let through, such as `300s`. */
export function durationMs(duration: string): number {
  const [, count, unit = ""] = /^(\d+)([a-z]+)$/.exec(duration) ?? [];
  return Number(count) * (millisecondsOf[unit] ?? Number.NaN);
}

import type { Load } from "../model/load.ts";

type Latencies = { readonly min: number; readonly p50: number } & Readonly<
  Record<"p90" | "p99" | "max", number>
>;

/** A load as a table for people. */
export function loadToText(load: Load): string {
  const latencies = latenciesOf(load);
  const answers = [...load.statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${status}: ${count}`);
  const faults = [...load.faults].map(([fault, count]) => `no answer: ${count} (${fault})`);
  const rows = [
    ["requests", `${requestsOf(load)} in ${seconds(load.durationMs)}, ${load.concurrency} at once`],
    ["rate", `${rateOf(load)} requests/s`],
    ["answers", [...answers, ...faults].join(", ") || "none"],
    ["received", `${load.bytes} bytes`],
    ...Object.entries(latencies ?? {}).map(([name, value]) => [name, `${value.toFixed(2)} ms`]),
  ];
  return rows.map(([name = "", value]) => `${name.padEnd(9)} ${value}\n`).join("");
}

/** The same as data; times are in milliseconds. */
export function loadToJson(load: Load): object {
  return {
    requests: requestsOf(load),
    concurrency: load.concurrency,
    interrupted: !load.isWhole,
    durationMs: load.durationMs,
    requestsPerSecond: rateOf(load),
    statuses: Object.fromEntries(load.statuses),
    noAnswer: Object.fromEntries(load.faults),
    bytes: load.bytes,
    latencyMs: latenciesOf(load) ?? null,
  };
}

function requestsOf({ latenciesMs, faults }: Load): number {
  return [...faults.values()].reduce((sum, count) => sum + count, latenciesMs.length);
}

function rateOf(load: Load): number {
  return load.durationMs === 0 ? 0 : Math.round((requestsOf(load) * 10_000) / load.durationMs) / 10;
}

/** Each by nearest rank, so that it is a time which a request did take; undefined where none was answered. */
function latenciesOf({ latenciesMs }: Load): Latencies | undefined {
  const sorted = Float64Array.from(latenciesMs).sort();
  const [min] = sorted;
  if (min === undefined) return undefined;
  const percentile = (percent: number) => sorted[Math.ceil((percent * sorted.length) / 100) - 1] ?? min;
  return {
    min,
    p50: percentile(50),
    p90: percentile(90),
    p99: percentile(99),
    max: percentile(100),
  };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

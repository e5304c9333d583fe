/** Whole commands against their peers, in one run: `npm run bench [-- NAME…]`. Medians, and ratios to the first row. */
import { writeFileSync } from "node:fs";
import { measureFetching, measureFetchingMany } from "./fetching.ts";
import { hashingFourFiles, hashingOneFile } from "./hashing.ts";
import {
  changedLine,
  coldLoad,
  coldPip,
  coldPush1,
  coldPush3,
  measureResumedPush,
  secondMachine,
} from "./images.ts";
import { sharedLayers } from "./layer-caches.ts";
import { largeModels, manySteps } from "./many-steps.ts";
import { measureMemory } from "./memory.ts";
import { noOp } from "./no-op.ts";
import { oneChangedLine } from "./one-changed-line.ts";
import { measureOverload } from "./overload.ts";
import { peers10, peers300, peersCold } from "./peers.ts";
import { planning, scheduling } from "./planning.ts";
import { measureRuntime } from "./runtime.ts";
import { validating, validatingMistakes } from "./validating.ts";

export type Contender = {
  readonly name: string;
  /** What is not measured: making a machine forget what it knows. */
  readonly before?: () => Promise<unknown>;
  readonly run: () => Promise<unknown>;
};
export type Bench = {
  readonly name: string;
  readonly rounds: number;
  /** Whether each round begins with a machine that knows nothing: there is nothing to warm up. */
  readonly isCold?: boolean;
  readonly prepare: () => Promise<Prepared>;
};
export type Prepared = { readonly contenders: readonly Contender[]; readonly cleanUp: () => Promise<void> };

const BENCHES: readonly Bench[] = [
  noOp,
  manySteps,
  largeModels,
  oneChangedLine,
  validating,
  validatingMistakes,
  planning,
  scheduling,
  hashingOneFile,
  hashingFourFiles,
  peers10,
  peers300,
  peersCold,
  coldPush1,
  coldPush3,
  coldLoad,
  coldPip,
  secondMachine,
  changedLine,
  sharedLayers,
];

/** What no clock beside a command can measure: each tells its own table, or words. */
const MEASUREMENTS = [
  { name: "images-resumed-push", measure: measureResumedPush },
  { name: "images-memory", measure: measureMemory },
  { name: "fetch", measure: measureFetching },
  { name: "fetch-many", measure: measureFetchingMany },
  { name: "runtime", measure: measureRuntime },
  { name: "runtime-overload", measure: measureOverload },
] as const;

/**
 * The contenders in turn, so that a machine that drifts drifts for all. The first round warms up and is not counted,
 * unless each begins from nothing.
 */
async function measure(
  contenders: readonly Contender[],
  rounds: number,
  isCold = false,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = isCold ? 1 : 0; round <= rounds; round += 1) {
    for (const { name, before, run } of contenders) {
      await before?.();
      const began = performance.now();
      await run();
      if (round > 0) times.get(name)?.push(performance.now() - began);
    }
  }
  return times;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function table(title: string, times: ReadonlyMap<string, readonly number[]>): string {
  const [base = []] = times.values();
  const rows = [...times].map(([name, values]) => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const ratio = (median(values) / median(base)).toFixed(2);
    return `| ${name} | ${median(values).toFixed(0)} | ${least.toFixed(0)}–${most.toFixed(0)} | ${ratio} |`;
  });
  return [
    `## ${title}`,
    "",
    "| command | median ms | range | ratio |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

const wanted = process.argv.slice(2);
const isWanted = ({ name }: { readonly name: string }): boolean =>
  wanted.length === 0 || wanted.some((word) => name === word || name.startsWith(`${word}-`));
const [chosen, measured] = [BENCHES.filter(isWanted), MEASUREMENTS.filter(isWanted)];
if (chosen.length + measured.length === 0)
  throw new Error(`the benches are ${[...BENCHES, ...MEASUREMENTS].map(({ name }) => name).join(", ")}`);
for (const { name, rounds, isCold, prepare } of chosen) {
  const { contenders, cleanUp } = await prepare();
  try {
    const text = table(`${name}, ${rounds} rounds`, await measure(contenders, rounds, isCold));
    process.stdout.write(`${text}\n`);
    if (process.env.BENCH_OUTPUT) writeFileSync(process.env.BENCH_OUTPUT, `${text}\n`, { flag: "a" });
  } finally {
    await cleanUp();
  }
}
for (const { name, measure: measureOnce } of measured) {
  const text = `## ${name}\n\n${await measureOnce()}\n`;
  process.stdout.write(text);
  if (process.env.BENCH_OUTPUT) writeFileSync(process.env.BENCH_OUTPUT, text, { flag: "a" });
}

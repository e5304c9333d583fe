import { type Ended, wordEnd } from "../processes.ts";
import { readEvents } from "../tools/mlpackage.ts";
import { type OwnPackage, openOwnPackage } from "./own-package.ts";
import type { Trial } from "./trial.ts";

const RUNS = 8;

/** The same package from the same folder. */
export const sameFolder: Trial = {
  name: "eight runs at once, one folder",
  async act(sandbox) {
    const made = await openOwnPackage(sandbox, { hasImage: true });
    const runs = Array.from({ length: RUNS }, () => made);
    return { findings: await runTogether(runs, () => 1), told: "each step done once" };
  },
};

/** As eight checkouts of it with one cache: each has a saved folder of its own to write. */
export const manyFolders: Trial = {
  name: "eight runs at once, a checkout each",
  async act(sandbox) {
    const made = await openOwnPackage(sandbox, { hasImage: true });
    const others = Array.from({ length: RUNS - 1 }, () => made.copyTo(sandbox.makeFolder("checkout")));
    const runs = [made, ...(await Promise.all(others))];
    const mostOf = (step: string): number => (step === "save:out" ? RUNS : 1);
    return { findings: await runTogether(runs, mostOf), told: "each step of the same key done once" };
  },
};

/** As colleagues or CI jobs on one engine: only the engine is shared, so each does all of it. */
export const manyCaches: Trial = {
  name: "eight runs at once, a cache each",
  async act(sandbox) {
    const made = await openOwnPackage(sandbox, { hasImage: true });
    const environments = Array.from({ length: RUNS }, () => ({
      MLPACKAGE_CACHE_DIR: sandbox.makeFolder("cache"),
    }));
    const checkouts = environments.map(() => made.copyTo(sandbox.makeFolder("checkout")));
    const packages = (await Promise.all(checkouts)).map((copy, index) => ({
      ...copy,
      run: () => copy.run({ environment: environments[index] ?? {} }),
    }));
    return { findings: await runTogether(packages, () => RUNS), told: "all succeed" };
  },
};

async function runTogether(
  packages: readonly OwnPackage[],
  mostOf: (step: string) => number,
): Promise<readonly string[]> {
  const ends = await Promise.all(packages.map((made) => made.run()));
  const failures = ends.filter(({ exitCode }) => exitCode !== 0).map(wordEnd);
  const counts = new Map<string, number>();
  for (const step of ends.flatMap(succeededSteps)) counts.set(step, (counts.get(step) ?? 0) + 1);
  const repeated = [...counts].filter(([step, count]) => count > mostOf(step));
  const wrong: (readonly string[])[] = [];
  for (const made of packages) wrong.push(await made.findWrong());
  return [
    ...failures,
    ...repeated.map(([step, count]) => `\`${step}\` was done ${count} times`),
    ...(counts.has("build:image") ? [] : ["nothing was built"]),
    ...new Set(wrong.flat()),
  ];
}

function succeededSteps({ stderr }: Ended): readonly string[] {
  return readEvents(stderr).flatMap(({ type, step, outcome }) =>
    type === "step-finished" && (outcome as { status: string }).status === "succeeded" ? [String(step)] : [],
  );
}

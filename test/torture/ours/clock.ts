import { existsSync } from "node:fs";
import { readFile, utimes, writeFile } from "node:fs/promises";
import { wordEnd } from "../processes.ts";
import { installDebianPackage } from "../tools/installed.ts";
import { startedSteps } from "../tools/mlpackage.ts";
import { openOwnPackage } from "./own-package.ts";
import type { Trial } from "./trial.ts";

const LIBRARIES = ["x86_64", "aarch64"].map((word) => `/usr/lib/${word}-linux-gnu/faketime/libfaketime.so.1`);

/** Large enough that its digest is remembered. */
const LARGE_BYTES = 2 << 20;

/** Each run's clock is another one, and each time something of the same size has changed before it. */
export const clockSetBack: Trial = {
  name: "the clock is set back and forth",
  async act(sandbox) {
    const library = await findLibrary();
    if (library === undefined) return { notRun: "there is no libfaketime" };
    const made = await openOwnPackage(sandbox);
    const findings: string[] = [];
    const model = made.at("words.txt");
    for (const [index, clock] of ["+0", "-1d", "-400d", "+1d", "-2h", "+400d", "+0"].entries()) {
      await writeFile(model, String(index).repeat(LARGE_BYTES));
      // As an archive or a copy would give it: always the same.
      await utimes(model, 1_700_000_000, 1_700_000_000);
      const environment = { LD_PRELOAD: library, FAKETIME: clock, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
      const [changed, warm] = [await made.run({ environment }), await made.run({ environment })];
      const saved = made.at("out/models/words/0/words.txt");
      const isRight = existsSync(saved) && (await readFile(saved)).equals(await readFile(model));
      findings.push(
        ...[changed, warm]
          .filter(({ exitCode }) => exitCode !== 0)
          .map((ended) => `${clock}: ${wordEnd(ended)}`),
        ...(isRight ? [] : [`${clock}: stale`]),
        ...startedSteps(warm.stderr).map((step) => `${clock}: \`${step}\` runs again without a change`),
      );
    }
    return { findings, told: "seven clocks" };
  },
};

/** Files that claim to be from next year: neither stale nor made anew each time. */
export const filesOfTheFuture: Trial = {
  name: "files with times in the future",
  async act(sandbox) {
    const made = await openOwnPackage(sandbox);
    const nextYear = Date.now() / 1000 + 365 * 86_400;
    const findings: string[] = [];
    for (const version of ["a", "b", "a"] as const) {
      await made.write(version);
      for (const file of ["words.txt", "app/server.py", "mlpackage.yaml"])
        await utimes(made.at(file), nextYear, nextYear);
      const [changed, warm] = [await made.run(), await made.run()];
      findings.push(
        ...[changed, warm].filter(({ exitCode }) => exitCode !== 0).map(wordEnd),
        ...(await made.findWrong()),
        ...startedSteps(warm.stderr).map((step) => `\`${step}\` runs again without a change`),
      );
    }
    return { findings, told: "three versions" };
  },
};

async function findLibrary(): Promise<string | undefined> {
  const there = (): string | undefined => LIBRARIES.find((library) => existsSync(library));
  if (there() === undefined) await installDebianPackage("libfaketime").catch(() => {});
  return there();
}

import { readdir, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { wordEnd } from "../processes.ts";
import { type OwnPackage, openOwnPackage } from "./own-package.ts";
import { seededRandom } from "./random.ts";
import type { Trial } from "./trial.ts";

/** Every so often the engine has a part in it, which takes longer. */
const WITH_IMAGE_EVERY = 5;

/**
 * SIGKILL at a chance instant, to the whole group or the leader alone, in a fresh cache or a used one; then a run that
 * nobody disturbs, which must succeed with the right bytes.
 */
export const killed: Trial = {
  name: "kill -9 at any instant",
  async act(sandbox, { kills, seed }) {
    const random = seededRandom(seed);
    const small = await openOwnPackage(sandbox);
    const built = await openOwnPackage(sandbox, { hasImage: true });
    const [smallMs, builtMs] = [await measure(small), await measure(built)];
    const findings: string[] = [];
    let met = 0;
    for (let count = 0; count < kills; count += 1) {
      const isBuilt = count % WITH_IMAGE_EVERY === WITH_IMAGE_EVERY - 1;
      const trap: Trap = {
        instantMs: random() * (isBuilt ? builtMs : smallMs),
        to: count % 2 === 0 ? "group" : "leader",
        isFresh: Math.floor(count / 2) % 2 === 0,
        version: random() < 0.5 ? "a" : "b",
      };
      const { wasAlive, wrong } = await killOnce(isBuilt ? built : small, trap);
      if (wasAlive) met += 1;
      findings.push(
        ...wrong.map((text) => `kill ${count} of seed ${seed}, ${JSON.stringify(trap)}: ${text}`),
      );
    }
    findings.push(...(await findLeavings([small, built])));
    if (met === 0) findings.push("no kill met a run that was under way");
    return { findings, told: `${kills} kills, ${met} of them while it ran` };
  },
};

type Trap = {
  readonly instantMs: number;
  readonly to: "group" | "leader";
  readonly isFresh: boolean;
  readonly version: "a" | "b";
};

async function measure(made: OwnPackage): Promise<number> {
  const ended = await made.run();
  const wrong = await made.findWrong();
  if (ended.exitCode !== 0 || wrong.length > 0)
    throw new Error(`without any kill: ${wrong} ${wordEnd(ended)}`);
  return ended.durationMs;
}

async function killOnce(
  made: OwnPackage,
  { instantMs, to, isFresh, version }: Trap,
): Promise<{ readonly wasAlive: boolean; readonly wrong: readonly string[] }> {
  if (isFresh) await rm(made.cache, { recursive: true, force: true });
  await rm(made.at("out"), { recursive: true, force: true });
  await made.write(version);
  const doomed = made.start();
  await sleep(instantMs);
  doomed.signal("SIGKILL", to);
  const wasAlive = (await doomed.ended).signal === "SIGKILL";
  const next = await made.run({ limitMs: 60_000 });
  // A leader's children may have lived on until now.
  doomed.signal("SIGKILL", "group");
  return {
    wasAlive,
    wrong: next.exitCode === 0 ? await made.findWrong() : [`the next run: ${wordEnd(next)}`],
  };
}

/** Killed runs may leave something behind; once others have succeeded it is gone, beside the user's own files at least. */
async function findLeavings(packages: readonly OwnPackage[]): Promise<readonly string[]> {
  const known = ["app", "mlpackage.yaml", "out", "words.txt"];
  const found = await Promise.all(packages.map(({ folder }) => readdir(folder)));
  const strangers = found.flat().filter((name) => !known.includes(name));
  return strangers.length === 0
    ? []
    : [`${strangers.length} entries are left in the package's folder, such as ${strangers[0]}`];
}

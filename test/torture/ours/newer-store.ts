import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { wordEnd } from "../processes.ts";
import { startedSteps } from "../tools/mlpackage.ts";
import { listFiles } from "../tree.ts";
import { findRudeness, openOwnPackage } from "./own-package.ts";
import type { Trial } from "./trial.ts";

/** What a later version of this program could leave in the cache. */
const STRANGERS = [
  "FORMAT",
  "future/things/1",
  "steps/99/new.json",
  "blobs/99/new",
  "steps/loose",
  "packages/new.bin",
];

/** Somebody tried a newer version, and goes back. */
export const newerStore: Trial = {
  name: "a store from a newer version",
  async act(sandbox) {
    const made = await openOwnPackage(sandbox);
    const first = await made.run();
    if (first.exitCode !== 0) throw new Error(wordEnd(first));
    const records = (await listFiles(made.cache)).filter((file) => file.endsWith(".json"));
    if (records.length === 0) throw new Error("the cache has no records to replace");
    for (const file of records)
      await writeFile(path.join(made.cache, file), '{"format":99,"of":["another","kind"]}');
    for (const file of STRANGERS) {
      const place = path.join(made.cache, file);
      await mkdir(path.dirname(place), { recursive: true });
      await writeFile(place, `written by a newer version: ${file}`);
    }
    await rm(made.at("out"), { recursive: true });
    const [again, warm] = [await made.run(), await made.run()];
    const gone = STRANGERS.filter((file) => !existsSync(path.join(made.cache, file)));
    const kept = await Promise.all(
      records.map(async (file) =>
        (await readFile(path.join(made.cache, file), "utf8")).includes('"format":99'),
      ),
    );
    return {
      findings: [
        ...[again, warm].filter(({ exitCode }) => exitCode !== 0).map(wordEnd),
        ...[again, warm].flatMap(findRudeness),
        ...(await made.findWrong()),
        ...gone.map((file) => `the newer version's \`${file}\` was removed`),
      ],
      told: `${kept.filter(Boolean).length} of ${kept.length} records kept, then ${startedSteps(warm.stderr).length} steps run`,
    };
  },
};

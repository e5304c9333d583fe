import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { Bench } from "./run.ts";

const CLI = path.resolve("dist/mlpackage.js");
const MANY = 299;
const FEW = 5;
const LARGE_BYTES = 2 * 1024 ** 3;

/** A graph of 300 steps with nothing to do. No image has so many layers, so it ends with the rendered Dockerfile. */
export const manySteps: Bench = {
  name: "many-steps",
  rounds: 15,
  async prepare() {
    const many = await makePackage(MANY);
    await many.call();
    return {
      contenders: [
        { name: "node -e 0", run: () => execa("node", ["-e", "0"]) },
        { name: `mlpackage apply, ${MANY + 1} steps`, run: many.call },
      ],
      cleanUp: many.cleanUp,
    };
  },
};

/** The size of models must not matter once they have been read. The large ones are holes: hashed in full all the same. */
export const largeModels: Bench = {
  name: "large-models",
  rounds: 15,
  async prepare() {
    const small = await makePackage(FEW);
    const large = await makePackage(FEW, LARGE_BYTES);
    // What was changed a moment ago is not remembered.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await small.call();
    await large.call();
    return {
      contenders: [
        { name: `mlpackage apply, ${FEW} models of a few bytes`, run: small.call },
        { name: `mlpackage apply, ${FEW} models of 2 GiB`, run: large.call },
      ],
      cleanUp: async () => {
        await small.cleanUp();
        await large.cleanUp();
      },
    };
  },
};

async function makePackage(models: number, bytes?: number) {
  const directory = await mkdtemp(path.join(tmpdir(), "mlpackage-bench-"));
  const folder = path.join(directory, "package");
  await mkdir(path.join(folder, "src"), { recursive: true });
  const names = Array.from({ length: models }, (_, index) => `model-${index}`);
  for (const name of names) {
    await writeFile(path.join(folder, name), name);
    if (bytes !== undefined) await truncate(path.join(folder, name), bytes);
  }
  await writeFile(path.join(folder, "src/score.py"), "def init(): pass\ndef run(data): return data\n");
  await writeFile(path.join(folder, "mlpackage.yaml"), configuration(names));
  const env = { MLPACKAGE_CACHE_DIR: path.join(directory, "cache") };
  const args = [CLI, "-C", folder, "apply", "--only", "fetch", "render"];
  return {
    call: () => execa("node", args, { env, stdin: "ignore" }),
    cleanUp: () => rm(directory, { recursive: true, force: true }),
  };
}

function configuration(names: readonly string[]): string {
  const models = names.map((name) => `  - {name: ${name}, version: "1", source: ${name}}\n`).join("");
  return `name: bench-many-steps
models:
${models}base_image: debian:bookworm-slim
inference: {entry_script: score.py, source_directory: src}
`;
}

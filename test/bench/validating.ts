import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { Bench } from "./run.ts";

const CLI = path.resolve("dist/mlpackage.js");

/** A folder whose package is validated, with a cache of its own, as there is one after the first `apply`. */
async function makeFolder() {
  const folder = await mkdtemp(path.join(tmpdir(), "mlpackage-bench-validate-"));
  const env = { MLPACKAGE_CACHE_DIR: path.join(folder, "cache") };
  await mkdir(env.MLPACKAGE_CACHE_DIR);
  return {
    folder,
    validate: (...args: string[]) =>
      execa("node", [CLI, "validate", ...args], { cwd: folder, env, stdin: "ignore", reject: false }),
    cleanUp: () => rm(folder, { recursive: true }),
  };
}

const NOTHING = { name: "node -e 0", run: () => execa("node", ["-e", "0"]) };

/** The example, which is right: what it costs to hear so. */
export const validating: Bench = {
  name: "validate",
  rounds: 20,
  async prepare() {
    const { folder, validate, cleanUp } = await makeFolder();
    await cp("fixtures/examples/diabetes", folder, { recursive: true });
    const run = async (): Promise<void> => {
      const { exitCode, stderr } = await validate();
      if (exitCode !== 0) throw new Error(stderr);
    };
    return { contenders: [NOTHING, { name: "mlpackage validate", run }], cleanUp };
  },
};

const MODELS = 1250;
const MISTAKES = 500;

/** 10,000 lines, and 500 of them wrong in one of three ways. */
export const validatingMistakes: Bench = {
  name: "validate-mistakes",
  rounds: 10,
  async prepare() {
    const { folder, validate, cleanUp } = await makeFolder();
    await writeFile(path.join(folder, "mlpackage.yaml"), fileWithMistakes());
    const run = async (): Promise<void> => {
      const { exitCode, stdout } = await validate("--json");
      const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly unknown[] };
      if (exitCode !== 64 || diagnostics.length !== MISTAKES)
        throw new Error(`${diagnostics.length} mistakes were told, and the exit code was ${exitCode}`);
    };
    return { contenders: [NOTHING, { name: "10,000 lines with 500 mistakes", run }], cleanUp };
  },
};

function fileWithMistakes(): string {
  const models = Array.from({ length: MODELS }, (_, index) => {
    const isWrong = index < MISTAKES;
    const versionKey = isWrong && index % 3 === 0 ? "verison" : "version";
    const version = isWrong && index % 3 === 1 ? "1.20" : '"1"';
    const name = isWrong && index % 3 === 2 ? `model ${index}` : `model-${index}`;
    return `  - name: ${name}
    ${versionKey}: ${version}
    source: https://models.example.com/${index}/
    include:
      - "*.bin"
      - "*.json"
    exclude:
      - "old-*"
`;
  });
  return `name: many\ninference: {command: [serve]}\nmodels:\n${models.join("")}`;
}

import type { Origin, Signer } from "../../src/model/attestation.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { Engine } from "../../src/model/engine.ts";
import type { LockedPlatforms, LockFile } from "../../src/model/lock-file.ts";
import type { StepOutput } from "../../src/model/outcome.ts";
import type { Repository } from "../../src/model/registry.ts";
import { type Result, succeed } from "../../src/model/result.ts";
import type { Step } from "../../src/model/step.ts";
import type { StepContext } from "../../src/model/step-kind.ts";
import { buildGraph } from "../../src/plan/build-graph.ts";
import { pinReferences } from "../../src/plan/pin-references.ts";
import { sourceOf } from "../../src/sources/index.ts";
import { STEP_KINDS } from "../../src/steps/index.ts";
import { readText } from "../config/read-fixture.ts";
import { only } from "./only.ts";
import { makeStepContext } from "./step-context.ts";
import { makeFolder } from "./temporary-folder.ts";

export type PackageOptions = {
  readonly engine?: Partial<Engine>;
  readonly repositoryOf?: (reference: string) => Repository;
  readonly lock?: LockFile;
  /** What a lock has of the packages to install, whatever is asked for. */
  readonly packages?: LockedPlatforms;
  readonly signer?: Signer;
  readonly publicKeys?: Readonly<Record<string, string>>;
};

/** One package of Python is to be installed. */
export const NUMPY_LOCKED: LockedPlatforms = {
  "linux/amd64": {
    systemPackages: {},
    python: [{ name: "numpy", version: "2.1.0", digest: digestOf("numpy") }],
  },
};

const ORIGIN: Origin = {
  toolVersion: "1.2.3",
  configurations: [{ name: "mlpackage.yaml", digest: digestOf("yaml") }],
  profiles: [],
  overrides: {},
};

/** An engine that has every base image there is. */
export const AN_ENGINE: Partial<Engine> = {
  probe: async () =>
    succeed({ endpoint: "", engineVersion: "", containerdStore: true, platform: "linux/amd64" }),
  describe: async () => ({ id: "sha256:base", tags: [], repositoryDigests: [], sizeBytes: 1 }),
};

/** A package on real files, whose steps are run one by one. */
export async function openPackage(
  yaml: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  { engine = AN_ENGINE, repositoryOf, lock, packages, signer, publicKeys }: PackageOptions = {},
) {
  const directory = makeFolder(files);
  const config = readText(yaml, { directory });
  if (!config.ok) throw new Error(config.diagnostics.map(({ message }) => message).join("; "));
  const outputs: Record<string, StepOutput> = {};
  const context: StepContext = {
    ...makeStepContext(directory, engine, outputs),
    ...(repositoryOf && { repositoryOf }),
    ...(signer && { signer }),
  };
  const pins = await pinReferences(config.value, {
    lock,
    files: context.host.files,
    engine: context.engine,
    resolve: () => Promise.reject(new Error("the registry was asked without the engine")),
    hostPlatform: "linux/amd64",
    sourceOf: (reference) => sourceOf(reference) ?? only({}),
    sourceContext: { ...context, onProgress: () => {} },
    runtimeDirectory: context.runtimeDirectory,
    cacheDirectory: "/elsewhere",
    ownFiles: { configFiles: ["mlpackage.yaml"], lockFile: "mlpackage.lock" },
  });
  if (!pins.ok) throw new Error(pins.diagnostics.map(({ message }) => message).join("; "));
  const locate = () => ({ file: { path: "", text: "" }, range: { start: 0, end: 0 } });
  const pinned = packages === undefined ? pins.value : { ...pins.value, packages: { all: packages } };
  const { steps } = buildGraph(config.value, pinned, locate, { origin: ORIGIN, publicKeys });

  function stepOf(id: string): Step {
    const step = steps.find((one) => one.id === id);
    if (step === undefined) throw new Error(`there is no step ${id}`);
    return step;
  }

  /** Runs one step, which finds the outputs of those that ran before it. */
  async function run(id: string): Promise<Result<StepOutput>> {
    const step = stepOf(id);
    const outputOf = (needed: string) => {
      if (!step.needs.includes(needed)) throw new Error(`${id} does not need ${needed}`);
      return context.outputOf(needed);
    };
    const result = await STEP_KINDS[step.kind].run(step, { ...context, outputOf });
    if (result.ok) outputs[id] = result.value;
    return result;
  }

  /** As `run`, of a step that has to succeed, after all that it needs and that has not run yet. */
  async function make(id: string): Promise<StepOutput> {
    for (const needed of stepOf(id).needs) if (outputs[needed] === undefined) await make(needed);
    const result = await run(id);
    if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
    return result.value;
  }

  const findMissing = (id: string, output: StepOutput) => {
    const step = stepOf(id);
    return STEP_KINDS[step.kind].findMissing(step, output, context);
  };
  return { directory, context, outputs, stepOf, run, make, findMissing };
}

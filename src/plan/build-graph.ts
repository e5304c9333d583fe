import type { Config, TestConfig } from "../model/config.ts";
import type { Graph } from "../model/graph.ts";
import type { Step } from "../model/step.ts";
import { asData } from "./as-data.ts";
import { attestSteps, type KnownForAttestations } from "./attest-steps.ts";
import { isInstalling } from "./compare-lock.ts";
import { condaSteps, environmentStep, hasConda, installConfigOf, lockStep } from "./environment-steps.ts";
import type { Locate } from "./locate.ts";
import { modelSteps } from "./model-steps.ts";
import { order } from "./order.ts";
import { type OutputContext, outputSteps, uploadSteps } from "./output-steps.ts";
import type { Pins } from "./pins.ts";
import { ENVIRONMENT, IMAGE, LOAD, LOCK, LOCK_OF_CONDA, RENDER, TEST } from "./step-ids.ts";
import { isPipCalled, optionOf, secretsOf } from "./used-secrets.ts";

export type GraphOptions = KnownForAttestations & {
  /** `--no-test`. */
  readonly noTest?: boolean | undefined;
  /** `--deny-unsafe-pickle`: nothing is resolved or built before the models have been looked through. */
  readonly denyUnsafePickle?: boolean | undefined;
};

/** Compiles a configuration into steps. Pure: all that is known of the world is in the pins. */
export function buildGraph(config: Config, pins: Pins, locate: Locate, options: GraphOptions = {}): Graph {
  const models = config.models.map((_model, index) => modelSteps(config, pins, locate, index));
  const scans = models.flatMap((model) => model.scans);
  const behindScans = (step: Step): Step =>
    options.denyUnsafePickle === true ? { ...step, after: [...step.after, ...scans] } : step;
  const isTested = options.noTest !== true && isTestable(config);
  const context: OutputContext = {
    config,
    locate,
    isTested,
    contents: models.map(({ content }) => content),
    image: [ENVIRONMENT, IMAGE, ...models.flatMap(({ image }) => image)],
  };
  const outputs = config.outputs.flatMap((output) => outputSteps(output, context));
  const isLoaded = isTested || outputs.some(({ needs }) => needs.includes(LOAD));
  const steps = [
    ...models.flatMap((model) => model.steps),
    ...condaSteps(config, pins, locate).map(behindScans),
    ...(isInstalling(config) ? [behindScans(lockStep(config, pins, locate))] : []),
    renderStep(config, pins, locate),
    behindScans(environmentStep(config, pins, locate)),
    imageStep(
      config,
      locate,
      models.flatMap(({ image }) => image.slice(-1)),
    ),
    ...(isLoaded ? [loadStep(locate, context.image)] : []),
    ...(isTested ? [testStep(config, pins, locate)] : []),
    ...uploadSteps(
      context,
      models.flatMap(({ image }) => image),
    ),
    ...outputs,
    ...attestSteps(config, pins, locate, {
      ...options,
      needs: [
        IMAGE,
        ...(isInstalling(config) ? [LOCK] : []),
        ...(hasConda(config) ? [LOCK_OF_CONDA] : []),
        ...context.contents,
      ],
    }),
  ];
  return { steps: order(steps).map((step) => Object.freeze(step)) };
}

/** A server of ours is at least started and waited for; of a foreign command nothing is known but what `tests` say. */
function isTestable(config: Config): boolean {
  return config.tests.length > 0 || config.inference.kind === "script";
}

function renderStep(config: Config, pins: Pins, locate: Locate): Step {
  const { name, models, baseImage, inference, build } = config;
  const { variables, user } = config.environment;
  return {
    id: RENDER,
    kind: "render",
    name: "Dockerfile",
    inputs: asData({
      name,
      models: models.map((model) => ({ name: model.name, version: model.version })),
      baseImage,
      base: pins.base,
      environment: { variables, user, python: installConfigOf(config) },
      inference,
      labels: build.labels,
      code: pins.code,
      runtime: inference.kind === "script" ? pins.runtime : {},
      pipOptions: pins.pipOptions,
      ...secretsOf(config, isPipCalled(config, pins), ({ id, source }) => ({
        option: `id=${id},${optionOf(source)}`,
      })),
      findLinks: pins.findLinks,
    }),
    needs: isInstalling(config) ? [LOCK] : [],
    after: [],
    pool: "cpu",
    location: locate(""),
  };
}

function imageStep({ build }: Config, locate: Locate, layers: readonly string[]): Step {
  const { compression, sourceDateEpoch } = build;
  return {
    id: IMAGE,
    kind: "build",
    name: "image",
    inputs: asData({ compression, sourceDateEpoch }),
    needs: [ENVIRONMENT, RENDER, ...layers],
    after: [],
    pool: "cpu",
    location: locate(""),
  };
}

function loadStep(locate: Locate, image: readonly string[]): Step {
  return {
    id: LOAD,
    kind: "load",
    name: "image",
    inputs: {},
    needs: image,
    after: [],
    pool: "engine",
    location: locate(""),
  };
}

function testStep(config: Config, pins: Pins, locate: Locate): Step {
  return {
    id: TEST,
    kind: "test",
    name: "image",
    inputs: asData({
      port: config.inference.port,
      readiness: config.inference.kind === "script" ? "/readyz" : "",
      tests: config.tests.map(withoutPointers),
      testFiles: pins.testFiles,
    }),
    needs: [LOAD],
    after: [],
    pool: "engine",
    location: locate("/tests"),
  };
}

/** Where a test stands in the file is nothing that it depends on. */
function withoutPointers({ name, exchanges }: TestConfig) {
  return {
    name,
    exchanges: exchanges.map(({ request, repeat, expect }) => {
      const [{ pointer: _request, ...sent }, { pointer: _expect, ...expected }] = [request, expect];
      return { request: sent, repeat, expect: expected };
    }),
  };
}

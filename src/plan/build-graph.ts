import type { Config, OutputConfig, SecretConfig, TestConfig } from "../model/config.ts";
import type { Graph } from "../model/graph.ts";
import { nameOf, parseImageReference } from "../model/image-reference.ts";
import type { LockedPackages } from "../model/lock-file.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Step } from "../model/step.ts";
import type { Location } from "../model/text-range.ts";
import { asData } from "./as-data.ts";
import { attestSteps, type KnownForAttestations } from "./attest-steps.ts";
import { isCondaUnlocked, isInstalling, isPipAsked, platformsOf } from "./compare-lock.ts";
import { order } from "./order.ts";
import type { Pins } from "./pins.ts";

/** Where the value at a JSON pointer stands in the configuration file. */
export type Locate = (pointer: string) => Location;

export const RENDER = "render";
const LOCK = "lock:packages";
const LOCK_OF_CONDA = "lock:conda";
const CONDA = "conda:packages";
const ENVIRONMENT = "build:environment";
export const IMAGE = "build:image";
export const LOAD = "load:image";
const TEST = "test";

export type GraphOptions = KnownForAttestations & {
  /** `--no-test`. */
  readonly noTest?: boolean | undefined;
};

/** Compiles a configuration into steps. Pure: all that is known of the world is in the pins. */
export function buildGraph(config: Config, pins: Pins, locate: Locate, options: GraphOptions = {}): Graph {
  const models = config.models.flatMap((_model, index) => modelSteps(config, pins, locate, index));
  const isTested = options.noTest !== true && isTestable(config);
  const context: OutputContext = {
    config,
    locate,
    isTested,
    fetches: idsOf(models, "fetch"),
    image: [ENVIRONMENT, IMAGE, ...models.map(({ id }) => id)],
  };
  const outputs = config.outputs.flatMap((output) => outputSteps(output, context));
  const isLoaded = isTested || outputs.some(({ needs }) => needs.includes(LOAD));
  const steps = [
    ...models,
    ...condaSteps(config, pins, locate),
    ...(isInstalling(config) ? [lockStep(config, pins, locate)] : []),
    renderStep(config, pins, locate),
    environmentStep(config, pins, locate),
    imageStep(config, locate, idsOf(models, "layer")),
    ...(isLoaded ? [loadStep(locate, context.image)] : []),
    ...(isTested ? [testStep(config, pins, locate)] : []),
    ...uploadSteps(context, models),
    ...outputs,
    ...attestSteps(config, pins, locate, {
      ...options,
      needs: [
        IMAGE,
        ...(isInstalling(config) ? [LOCK] : []),
        ...(hasConda(config) ? [LOCK_OF_CONDA] : []),
        ...context.fetches,
      ],
    }),
  ];
  return { steps: order(steps).map((step) => Object.freeze(step)) };
}

function idsOf(steps: readonly Step[], kind: Step["kind"]): readonly string[] {
  return steps.filter((step) => step.kind === kind).map(({ id }) => id);
}

/** A server of ours is at least started and waited for; of a foreign command nothing is known but what `tests` say. */
function isTestable(config: Config): boolean {
  return config.tests.length > 0 || config.inference.kind === "script";
}

/** An image of many more layers than these cannot be mounted; the environment has some as well. */
const MOST_MODEL_LAYERS = 100;

function modelSteps(config: Config, pins: Pins, locate: Locate, index: number): readonly Step[] {
  const model = config.models[index];
  if (model === undefined) throw new Error(`there is no model ${index}`);
  const { name, version, source, include, exclude, sha256, pointer } = model;
  const pin = pins.models[index];
  const location = locate(pointer);
  const fetch: Step = {
    id: `fetch:${name}`,
    kind: "fetch",
    name,
    inputs: { source, include, exclude, ...(sha256 !== undefined && { sha256 }), ...(pin && { pin }) },
    needs: [],
    after: [],
    pool: pin?.scheme === "file" ? "cpu" : "network",
    location,
  };
  const mostLayers = Math.max(1, Math.floor(MOST_MODEL_LAYERS / config.models.length));
  const layer: Step = {
    id: `layer:${name}`,
    kind: "layer",
    name,
    inputs: asData({ name, version, mostLayers, compression: config.build.compression }),
    needs: [fetch.id],
    after: [],
    pool: "cpu",
    location,
  };
  return [fetch, layer];
}

/** Finds out what conda has to bring, and makes layers of it. */
function condaSteps(config: Config, pins: Pins, locate: Locate): readonly Step[] {
  const { conda } = config.environment;
  if (conda === undefined) return [];
  const platforms = platformsOf(config, pins);
  const common = { after: [], pool: "network" as const, location: locate("/environment/conda") };
  const isLocked = !isCondaUnlocked(config, pins);
  const asked = { conda, platforms, known: pins.conda };
  return [
    {
      id: LOCK_OF_CONDA,
      kind: "lock",
      name: "conda",
      inputs: asData(isLocked ? { locked: pins.conda } : { asked }),
      needs: [],
      ...common,
    },
    {
      id: CONDA,
      kind: "conda",
      name: "packages",
      inputs: asData({ compression: config.build.compression }),
      needs: [LOCK_OF_CONDA],
      ...common,
    },
  ];
}

function hasConda({ environment }: Config): boolean {
  return environment.conda !== undefined;
}

/** Finds out what is to be installed; where the lock says it, there is nothing to find out. */
function lockStep(config: Config, pins: Pins, locate: Locate): Step {
  const { all, some = {}, system } = pins.packages;
  const { platforms, ...inputs } = environmentInputs(config, pins);
  const asked = {
    ...inputs,
    platforms: platforms.filter((platform) => !Object.hasOwn(some, platform)),
    known: some,
    ...(config.build.builder !== undefined && { builder: config.build.builder }),
    ...secretsOf(config, isPipAsked(config)),
    environment: packagesOf(config),
    isServed: config.inference.kind === "script",
    requirements: pins.requirements,
    findLinks: pins.findLinks,
    ...(system && { system }),
  };
  return {
    id: LOCK,
    kind: "lock",
    name: "packages",
    inputs: asData(all === undefined ? { asked } : { locked: all }),
    needs: all === undefined && hasConda(config) ? [CONDA] : [],
    after: [],
    pool: all === undefined ? "engine" : "cpu",
    location: locate("/environment"),
  };
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

/** The base, and what is installed in it; models and code have no part in it. */
function environmentStep(config: Config, pins: Pins, locate: Locate): Step {
  const { builder, sourceDateEpoch } = config.build;
  const isBuilt = hasToRun(config, pins);
  return {
    id: ENVIRONMENT,
    kind: "build",
    name: "environment",
    inputs: asData({
      ...environmentInputs(config, pins),
      ...(isBuilt && {
        ...(builder !== undefined && { builder }),
        python: installConfigOf(config),
        pipOptions: pins.pipOptions,
        ...secretsOf(config, isPipCalled(config, pins)),
        findLinks: pins.findLinks,
        sourceDateEpoch,
      }),
    }),
    needs: [...(isInstalling(config) ? [LOCK] : []), ...(hasConda(config) ? [CONDA] : [])],
    after: [],
    pool: isBuilt ? "engine" : "network",
    location: locate("/base_image"),
  };
}

/**
 * The secrets that a build may ask for: those that pip logs in with, where it is called, and all where a Dockerfile of the
 * user's may name any. Not their values: a password that was renewed makes nothing new.
 */
function secretsOf(
  { build, baseImage }: Config,
  isPipCalled: boolean,
  more: (secret: SecretConfig) => object = () => ({}),
): { readonly secrets?: readonly object[] } {
  const used = build.secrets.filter(
    ({ login }) => baseImage.kind === "dockerfile" || (login !== undefined && isPipCalled),
  );
  if (used.length === 0) return {};
  return {
    secrets: used.map((secret) => ({
      id: secret.id,
      ...(isPipCalled && { login: secret.login }),
      ...more(secret),
    })),
  };
}

function isPipCalled(config: Config, { packages }: Pins): boolean {
  const isKnown = packages.all !== undefined;
  return (
    isPipAsked(config) && (!isKnown || Object.values(packages.all).some(({ python }) => python.length > 0))
  );
}

/** As `docker build --secret` takes it; a path of the package is for who reads it to put right. */
function optionOf(source: SecretConfig["source"]): string {
  return "env" in source ? `env=${source.env}` : `src=${source.file.replace(/^~/, "$HOME")}`;
}

function environmentInputs(config: Config, pins: Pins) {
  return { platforms: platformsOf(config, pins), base: pins.base, baseImage: config.baseImage };
}

/** How Python packages are installed; which, the lock says. */
function installConfigOf({ environment }: Config) {
  const { requirements: _requirements, pythonVersions: _versions, ...python } = environment.python;
  return python;
}

/** What the file says of the packages to install. */
function packagesOf({ environment: { python, systemPackages } }: Config) {
  return { python, systemPackages };
}

/** Whether anything is run in the base: only then does it take an engine. The base may have all that is asked for. */
function hasToRun(config: Config, { packages }: Pins): boolean {
  const isEmpty = packages.all !== undefined && Object.values(packages.all).every(hasNone);
  return config.baseImage.kind === "dockerfile" || (isInstalling(config) && !isEmpty);
}

function hasNone({ systemPackages, python }: LockedPackages): boolean {
  return python.length === 0 && Object.keys(systemPackages).length === 0;
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

type OutputContext = {
  readonly config: Config;
  readonly locate: Locate;
  readonly isTested: boolean;
  readonly fetches: readonly string[];
  /** The steps whose outputs say what the image is, and where its bytes lie. */
  readonly image: readonly string[];
};

function outputSteps(output: OutputConfig, context: OutputContext): readonly Step[] {
  const { config, locate, isTested, fetches, image } = context;
  const common = { after: isTested ? [TEST] : [], location: locate(output.pointer) };
  switch (output.type) {
    case "image":
      return output.tags.flatMap((tag) => [
        ...(output.load ? [tagStep(tag, common)] : []),
        ...(output.push ? [pushStep(tag, context, common)] : []),
      ]);
    case "dockerfile":
      return [saveStep({ type: output.type, path: output.path }, [RENDER, ...fetches], common)];
    case "oci-archive":
    case "docker-archive": {
      const inputs = { type: output.type, path: output.path, tag: archiveTag(config) };
      return [saveStep(inputs, image, common)];
    }
  }
}

/** The name an archive carries inside, which `docker load` gives the image. */
function archiveTag(config: Config): string {
  const tags = config.outputs.flatMap((output) => (output.type === "image" ? output.tags : []));
  return tags[0] ?? `${config.name}:latest`;
}

/** What the steps of all packages that move tags have in common. */
const ENGINE_TAGS = "the engine's tags";

type Common = Pick<Step, "after" | "location">;

function tagStep(tag: string, common: Common): Step {
  const inputs = { type: "image", tag };
  const [pool, exclusive] = ["tags" as const, ENGINE_TAGS];
  return { id: `save:${tag}`, kind: "save", name: tag, inputs, needs: [LOAD], pool, exclusive, ...common };
}

function saveStep(
  inputs: SerializableRecord & { readonly path: string },
  needs: readonly string[],
  common: Common,
): Step {
  const name = inputs.path;
  return { id: `save:${name}`, kind: "save", name, inputs, needs, pool: "cpu", exclusive: name, ...common };
}

function pushStep(tag: string, { config, image }: OutputContext, common: Common): Step {
  const repository = nameOf(tag);
  return {
    id: `push:${tag}`,
    kind: "push",
    name: tag,
    inputs: { tag, others: repositoriesOf(config).filter((one) => one !== repository) },
    needs: image,
    pool: "network",
    exclusive: repository,
    ...common,
    after: [...common.after, ...(config.models.length > 0 ? [`upload:${repository}`] : [])],
  };
}

/**
 * One for each repository that is pushed to, at once and whatever the tests will say: what no manifest names nobody
 * can pull. A second one of the same registry waits for the first, which it takes the layers over from.
 */
function uploadSteps({ config, locate }: OutputContext, models: readonly Step[]): readonly Step[] {
  const repositories = models.length === 0 ? [] : repositoriesOf(config);
  return repositories.map((repository, index) => {
    const before = repositories.slice(0, index).filter((one) => registryOf(one) === registryOf(repository));
    return {
      id: `upload:${repository}`,
      kind: "upload",
      name: repository,
      inputs: { repository, others: before },
      needs: models.map(({ id }) => id),
      after: before.slice(-1).map((one) => `upload:${one}`),
      pool: "network",
      exclusive: repository,
      location: locate("/outputs"),
    };
  });
}

/** What is pushed to, each repository once. */
function repositoriesOf({ outputs }: Config): readonly string[] {
  const tags = outputs.flatMap((output) => (output.type === "image" && output.push ? output.tags : []));
  return [...new Set(tags.map(nameOf))];
}

function registryOf(repository: string): string {
  return parseImageReference(repository).registry;
}

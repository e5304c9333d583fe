import type { Config, OutputConfig } from "../model/config.ts";
import { nameOf, parseImageReference } from "../model/image-reference.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Step } from "../model/step.ts";
import type { Locate } from "./locate.ts";
import { LOAD, RENDER, TEST } from "./step-ids.ts";

export type OutputContext = {
  readonly config: Config;
  readonly locate: Locate;
  readonly isTested: boolean;
  /** The steps whose outputs are the files of the models. */
  readonly contents: readonly string[];
  /** The steps whose outputs say what the image is, and where its bytes lie. */
  readonly image: readonly string[];
};

export function outputSteps(output: OutputConfig, context: OutputContext): readonly Step[] {
  const { config, locate, isTested, contents, image } = context;
  const common = { after: isTested ? [TEST] : [], location: locate(output.pointer) };
  switch (output.type) {
    case "image":
      return output.tags.flatMap((tag) => [
        ...(output.load ? [tagStep(tag, common)] : []),
        ...(output.push ? [pushStep(tag, context, common)] : []),
      ]);
    case "dockerfile":
      return [saveStep({ type: output.type, path: output.path }, [RENDER, ...contents], common)];
    case "oci-archive":
    case "docker-archive": {
      const inputs = { type: output.type, path: output.path, tag: archiveTag(config) };
      return [saveStep(inputs, image, common)];
    }
    case "modelpack":
      return [pushModelsStep(output, context, common)];
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

function pushModelsStep(
  { reference, models }: Extract<OutputConfig, { type: "modelpack" }>,
  { config }: OutputContext,
  common: Common,
): Step {
  const wanted = config.models.filter(({ name }) => models.length === 0 || models.includes(name));
  const repository = nameOf(reference);
  const others = modelRepositoriesOf(config).filter((one) => one !== repository);
  return {
    id: `push:${reference}`,
    kind: "push",
    name: reference,
    inputs: {
      type: "modelpack",
      ...{ tag: reference, others, package: config.name, sourceDateEpoch: config.build.sourceDateEpoch },
      models: wanted.map(({ name, version }) => ({ name, version })),
    },
    needs: wanted.map(({ name }) => `fetch:${name}`),
    pool: "network",
    exclusive: repository,
    ...common,
  };
}

/**
 * One for each repository that is pushed to, at once and whatever the tests will say: what no manifest names nobody
 * can pull. A second one of the same registry waits for the first, which it takes the layers over from.
 */
export function uploadSteps({ config, locate }: OutputContext, models: readonly string[]): readonly Step[] {
  const repositories = models.length === 0 ? [] : repositoriesOf(config);
  return repositories.map((repository, index) => {
    const before = repositories.slice(0, index).filter((one) => registryOf(one) === registryOf(repository));
    return {
      id: `upload:${repository}`,
      kind: "upload",
      name: repository,
      inputs: { repository, others: before },
      needs: models,
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

/** What models are pushed to as themselves, each repository once. */
function modelRepositoriesOf({ outputs }: Config): readonly string[] {
  const references = outputs.flatMap((output) => (output.type === "modelpack" ? [output.reference] : []));
  return [...new Set(references.map(nameOf))];
}

function registryOf(repository: string): string {
  return parseImageReference(repository).registry;
}

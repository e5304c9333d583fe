import type { Config, OutputConfig } from "../model/config.ts";
import type { Graph } from "../model/graph.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import type { Step } from "../model/step.ts";
import type { Location } from "../model/text-range.ts";
import { order } from "./order.ts";
import type { Pins } from "./pins.ts";

/** Where the value at a JSON pointer stands in the configuration file. */
export type Locate = (pointer: string) => Location;

export const RENDER = "render";
export const BUILD = "build";
const TEST = "test";

/** Compiles a configuration into steps. Pure: all that is known of the world is in the pins. */
export function buildGraph(config: Config, pins: Pins, locate: Locate): Graph {
  const fetches = config.models.map((_model, index) => fetchStep(config, pins, locate, index));
  const tests = isTested(config) ? [testStep(config, pins, locate)] : [];
  const steps = [
    ...fetches,
    renderStep(config, pins, locate),
    buildStep(config, pins, locate, fetches),
    ...tests,
    ...config.outputs.flatMap((output) => outputSteps(config, output, locate, fetches)),
  ];
  return { steps: order(steps).map((step) => Object.freeze(step)) };
}

/** A server of ours is at least started and waited for; of a foreign command nothing is known but what `tests` say. */
function isTested(config: Config): boolean {
  return config.tests.length > 0 || config.inference.kind === "script";
}

function fetchStep(config: Config, pins: Pins, locate: Locate, index: number): Step {
  const model = config.models[index];
  if (model === undefined) throw new Error(`there is no model ${index}`);
  const { name, source, include, exclude, sha256, pointer } = model;
  const pin = pins.models[index];
  return {
    id: `fetch:${name}`,
    kind: "fetch",
    name,
    inputs: { source, include, exclude, ...(sha256 !== undefined && { sha256 }), ...(pin && { pin }) },
    needs: [],
    after: [],
    pool: pin?.scheme === "file" ? "cpu" : "network",
    location: locate(pointer),
  };
}

function renderStep(config: Config, pins: Pins, locate: Locate): Step {
  const { name, models, baseImage, environment, inference, build } = config;
  return {
    id: RENDER,
    kind: "render",
    name: "Dockerfile",
    inputs: asData({
      name,
      models: models.map((model) => ({ name: model.name, version: model.version })),
      baseImage,
      base: pins.base,
      environment,
      inference: inference.kind === "script" ? { ...inference } : { ...inference },
      labels: build.labels,
      code: pins.code,
      runtime: inference.kind === "script" ? pins.runtime : {},
      requirements: pins.requirements,
      findLinks: pins.findLinks,
    }),
    needs: [],
    after: [],
    pool: "cpu",
    location: locate(""),
  };
}

function buildStep(config: Config, pins: Pins, locate: Locate, fetches: readonly Step[]): Step {
  const { platforms, builder } = config.build;
  return {
    id: BUILD,
    kind: "build",
    name: "image",
    inputs: asData({
      platforms: platforms.length > 0 ? platforms : [pins.platform],
      ...(builder !== undefined && { builder }),
      ...(config.baseImage.kind === "dockerfile" && { context: config.baseImage.context }),
    }),
    needs: [RENDER, ...fetches.map(({ id }) => id)],
    after: [],
    pool: "engine",
    location: locate("/base_image"),
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
      tests: config.tests.map(({ pointer: _pointer, ...test }) => test),
      bodyFiles: pins.bodyFiles,
    }),
    needs: [BUILD],
    after: [],
    pool: "engine",
    location: locate("/tests"),
  };
}

function outputSteps(
  config: Config,
  output: OutputConfig,
  locate: Locate,
  fetches: readonly Step[],
): readonly Step[] {
  const location = locate(output.pointer);
  const after = isTested(config) ? [TEST] : [];
  switch (output.type) {
    case "image":
      return output.tags.flatMap((tag) => [
        ...(output.load ? [outputStep("save", tag, { type: "image", tag }, [BUILD], after, location)] : []),
        ...(output.push
          ? [outputStep("push", tag, { tag, load: output.load }, [BUILD], after, location)]
          : []),
      ]);
    case "dockerfile": {
      const needs = [RENDER, ...fetches.map(({ id }) => id)];
      return [
        outputStep("save", output.path, { type: output.type, path: output.path }, needs, after, location),
      ];
    }
    case "oci-archive":
    case "docker-archive": {
      const inputs = { type: output.type, path: output.path, tag: archiveTag(config) };
      return [outputStep("save", output.path, inputs, [BUILD], after, location)];
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

function outputStep(
  kind: "save" | "push",
  name: string,
  inputs: SerializableRecord,
  needs: readonly string[],
  after: readonly string[],
  location: Location,
): Step {
  // A push and an archive borrow a tag and give it back; meanwhile nobody else may give or take it.
  const isTagged = inputs.type !== "dockerfile";
  const pool = isTagged ? "tags" : "cpu";
  const exclusive = isTagged ? ENGINE_TAGS : name;
  return { id: `${kind}:${name}`, kind, name, inputs, needs, after, pool, exclusive, location };
}

/** Types of plain data without an index signature, as the record they are. Absent members are left out. */
function asData(value: object): SerializableRecord {
  return JSON.parse(JSON.stringify(value)) as Record<string, Serializable>;
}

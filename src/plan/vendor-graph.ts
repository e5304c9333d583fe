import type { Config } from "../model/config.ts";
import type { Graph } from "../model/graph.ts";
import type { Step } from "../model/step.ts";
import { buildGraph } from "./build-graph.ts";
import type { Locate } from "./locate.ts";
import type { Pins } from "./pins.ts";

/** What is brought by `mlpackage vendor`: models that are no files of the package, the base, and what is installed in it. */
export function vendorGraph(config: Config, pins: Pins, locate: Locate): Graph {
  const { steps } = buildGraph(config, pins, locate);
  const environment = steps.find(({ id }) => id === "build:environment");
  if (environment === undefined) throw new Error("the graph has no environment");
  const { platforms = [], base = {} } = environment.inputs;
  const location = locate("/base_image");
  const common = { kind: "vendor" as const, after: [], location };
  const bringBase: Step = {
    ...common,
    id: "vendor:base",
    name: "base",
    inputs: { platforms, base },
    needs: [],
    pool: "network",
  };
  const bringPackages: Step = {
    ...common,
    id: "vendor:packages",
    name: "packages",
    inputs: environment.inputs,
    needs: environment.needs,
    pool: "engine",
  };
  const models = steps.filter(({ kind, pool }) => kind === "fetch" && pool === "network");
  const packages = steps.filter(({ id }) => environment.needs.includes(id));
  const isInstalled = environment.pool === "engine";
  return {
    steps: [
      ...models,
      ...(pins.base.kind === "image" ? [bringBase] : []),
      ...(isInstalled ? [...packages, bringPackages] : []),
    ].map((step) => Object.freeze(step)),
  };
}

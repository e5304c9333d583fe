import type { Engine, ImageIdentity } from "../../src/model/engine.ts";
import type { StepOutput } from "../../src/model/outcome.ts";
import { succeed } from "../../src/model/result.ts";
import type { StepContext } from "../../src/model/step-kind.ts";
import { sourceOf } from "../../src/sources/index.ts";
import { only } from "./only.ts";
import { makeSourceContext } from "./source-context.ts";
import { makeFolder } from "./temporary-folder.ts";

/** What a step is given: real files, a fake engine, and the outputs the test says. */
export function makeStepContext(
  directory: string,
  engine: Partial<Engine> = {},
  outputs: Readonly<Record<string, StepOutput>> = {},
): StepContext {
  return {
    ...makeSourceContext(directory),
    engine: only<Engine>(engine),
    runtimeDirectory: makeFolder({ "serve.py": "serve" }),
    makeWorkDirectory: async () => makeFolder(),
    sourceOf: (reference) => sourceOf(reference) ?? only({}),
    outputOf: (id) => outputs[id] ?? only({}),
    report: () => {},
    warn: () => {},
    force: false,
  };
}

/** An engine's images by tag: what is tagged, untagged and pushed is written down in `done`. */
export function createTaggedImages(tags: Readonly<Record<string, string>>) {
  const byTag = new Map(Object.entries(tags));
  const done: string[] = [];
  const identify = async (reference: string): Promise<ImageIdentity | undefined> => {
    const id = byTag.get(reference);
    return id === undefined ? undefined : { id, tags: [reference] };
  };
  const engine: Partial<Engine> = {
    identify,
    tag: async (id, reference) => {
      done.push(`tag ${id} ${reference}`);
      byTag.set(reference, id);
      return succeed(undefined);
    },
    untag: async (reference) => {
      done.push(`untag ${reference}`);
      byTag.delete(reference);
    },
  };
  return { engine, done, byTag };
}

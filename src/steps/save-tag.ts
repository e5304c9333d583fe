import { digestOfValue } from "../model/digest.ts";
import type { StepOutput } from "../model/outcome.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { StepContext } from "../model/step-kind.ts";
import { LOAD, loadedImageOf } from "./load.ts";

export async function saveTag(tag: string, context: StepContext): Promise<Result<StepOutput>> {
  const image = loadedImageOf(context.outputOf(LOAD));
  const tagged = await context.engine.tag(image, tag);
  if (!tagged.ok) return fail(...tagged.diagnostics);
  return succeed({ digest: digestOfValue({ tag, image }), files: [], values: { tag, image } });
}

/** The tag is gone, or names another image: somebody moved it. */
export async function findMissingTag(
  tag: string,
  output: StepOutput,
  { engine }: StepContext,
): Promise<string | undefined> {
  const found = await engine.identify(tag);
  return found?.id === output.values.image ? undefined : `the tag ${tag}`;
}

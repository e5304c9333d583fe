import type { OutputFile } from "../model/outcome.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";

/** The files of a model as they go into the image: those that were fetched, or what was unpacked of them. */
export function modelFiles({ needs }: Step, model: string, context: StepContext): readonly OutputFile[] {
  const unpacked = `unpack:${model}`;
  return context.outputOf(needs.includes(unpacked) ? unpacked : `fetch:${model}`).files;
}

import type { StepOutput } from "../model/outcome.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import { findMissingFile } from "./output-files.ts";
import { type ArchiveInputs, saveArchive } from "./save-archive.ts";
import { findExtraFile, saveFolder } from "./save-folder.ts";
import { findMissingTag, saveTag } from "./save-tag.ts";

export type SaveInputs =
  | { readonly type: "image"; readonly tag: string }
  | { readonly type: "dockerfile"; readonly path: string }
  | ArchiveInputs;

/** Writes an output on this machine: a tag in the engine, a Dockerfile folder, an archive. */
export const saveKind: StepKind = {
  kind: "save",
  version: 1,
  summary: "writes an output",
  shareable: false,
  timeoutMs: 60 * 60_000,
  attempts: 1,
  run(step, context) {
    const inputs = step.inputs as unknown as SaveInputs;
    switch (inputs.type) {
      case "image":
        return saveTag(inputs.tag, context);
      case "dockerfile":
        return saveFolder(step, inputs.path, context);
      default:
        return saveArchive(step, context);
    }
  },
  findMissing(step, output, context) {
    const inputs = step.inputs as unknown as SaveInputs;
    switch (inputs.type) {
      case "image":
        return findMissingTag(inputs.tag, output, context);
      case "dockerfile":
        return findChangeInFolder(inputs.path, output, context);
      default:
        return findMissingFile(output, context);
    }
  },
};

async function findChangeInFolder(
  target: string,
  output: StepOutput,
  context: StepContext,
): Promise<string | undefined> {
  return (await findMissingFile(output, context)) ?? findExtraFile(target, output, context);
}

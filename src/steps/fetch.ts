import { fail, succeed } from "../model/result.ts";
import type { Pin, SourceReference } from "../model/source.ts";
import type { StepKind } from "../model/step-kind.ts";
import { findMissingFile, outputOfFiles } from "./output-files.ts";

type FetchInputs = SourceReference & { readonly pin: Pin };

/** Brings a model's pinned content. Files of the package stay where they are; what is downloaded goes to the store. */
export const fetchKind: StepKind = {
  kind: "fetch",
  version: 1,
  summary: "brings a model's files",
  shareable: false,
  timeoutMs: 2 * 60 * 60_000,
  attempts: 1,
  async run(step, context) {
    const { pin, ...reference } = step.inputs as unknown as FetchInputs;
    const files = await context.sourceOf(reference.source).fetch(reference, pin, {
      ...context,
      onProgress: ({ bytes, totalBytes }) =>
        context.report({ type: "doing", text: wordProgress(bytes, totalBytes) }),
    });
    return files.ok ? succeed(outputOfFiles(files.value), files.warnings) : fail(...files.diagnostics);
  },
  async foresee(step, context) {
    const { pin, source } = step.inputs as unknown as FetchInputs;
    const files = await context.sourceOf(source).find?.(pin, { ...context, onProgress: () => {} });
    return files && outputOfFiles(files);
  },
  findMissing: (_step, output, context) => findMissingFile(output, context),
};

function wordProgress(bytes: number, totalBytes: number | undefined): string {
  const megabytes = (value: number) => (value / 1e6).toFixed(1);
  return totalBytes === undefined
    ? `${megabytes(bytes)} MB`
    : `${megabytes(bytes)} of ${megabytes(totalBytes)} MB`;
}

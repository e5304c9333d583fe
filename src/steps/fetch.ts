import type { Transferring } from "../model/event.ts";
import { fail, succeed } from "../model/result.ts";
import type { Pin, SourceReference, TransferProgress } from "../model/source.ts";
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
    const measure = createSpeedometer(() => context.host.clock.monotonic());
    const files = await context.sourceOf(reference.source).fetch(reference, pin, {
      ...context,
      onProgress: (progress) => context.report(measure(progress)),
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

/** What is called the speed now is that of so long. */
const MEASURED_MS = 5000;

/** Less time than this says nothing of it. */
const LEAST_MS = 500;

/** Adds to what is told how fast the bytes come. */
export function createSpeedometer(now: () => number): (progress: TransferProgress) => Transferring {
  let seen: readonly { readonly timeMs: number; readonly bytes: number }[] = [];
  return (progress) => {
    const timeMs = now();
    const { bytes, waiting } = progress;
    if (waiting !== undefined) return { type: "transferring", progress };
    // What comes again was counted before: there is nothing to compare it with.
    const isLess = bytes < (seen.at(-1)?.bytes ?? 0);
    const recent = isLess ? [] : seen.filter((one) => one.timeMs >= timeMs - MEASURED_MS);
    seen = [...recent, { timeMs, bytes }];
    const [first] = seen;
    const elapsedMs = timeMs - (first?.timeMs ?? timeMs);
    if (first === undefined || elapsedMs < LEAST_MS) return { type: "transferring", progress };
    const bytesPerSecond = Math.round(((bytes - first.bytes) / elapsedMs) * 1000);
    return { type: "transferring", progress, bytesPerSecond };
  };
}

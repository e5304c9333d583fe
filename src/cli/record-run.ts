import { describeLayers } from "../images/describe-layers.ts";
import type { Outcome } from "../model/outcome.ts";
import type { ReportedImage, RunReport } from "../model/run-report.ts";
import { IMAGE } from "../plan/step-ids.ts";
import { createRunRecorder, type RunRecorder } from "../report/run-recorder.ts";
import { imageOf } from "../steps/build-image.ts";
import { demandFile } from "../steps/output-files.ts";
import type { Assembly } from "./assemble.ts";
import type { Package } from "./open-package.ts";
import { reportOutput } from "./output-commands.ts";
import type { Session } from "./session.ts";

/** Records a run; `report` is true at any moment of it, and says what its image is made of once there is one. */
export type RunRecord = Pick<RunRecorder, "reporter"> & { readonly report: () => Promise<RunReport> };

export async function recordRun(session: Session, opened: Package, assembly: Assembly): Promise<RunRecord> {
  const { config } = opened;
  const recorder = createRunRecorder({
    version: await session.readVersion(),
    package: { name: config.name, file: session.options.file.join(", ") },
    began: new Date(session.host.clock.now()).toISOString(),
  });
  let described: { readonly digest: string; readonly images: readonly ReportedImage[] } | undefined;

  async function imagesOf(outcome: Outcome | undefined): Promise<readonly ReportedImage[]> {
    if (outcome === undefined || !("output" in outcome)) return [];
    const { output } = outcome;
    if (described?.digest !== output.digest)
      described = { digest: output.digest, images: await describeImages(output, assembly) };
    return described.images;
  }

  return {
    reporter: recorder.reporter,
    report: async () => {
      const outcomes = recorder.outcomes();
      const outputs = assembly.graph.steps
        .filter(({ kind }) => kind === "push" || kind === "save")
        .map((step) => reportOutput(step, outcomes.get(step.id), config.inference.port));
      const { steps, ...run } = recorder.report();
      const told = new Set(steps.map(({ id }) => id));
      return {
        ...run,
        steps,
        images: await imagesOf(outcomes.get(IMAGE)),
        outputs: outputs.filter(({ step }) => told.has(step)),
      };
    },
  };
}

async function describeImages(
  output: Parameters<typeof imageOf>[0],
  { context }: Assembly,
): Promise<readonly ReportedImage[]> {
  return Promise.all(
    imageOf(output).images.map(async ({ platform, manifest, config, layers }) => {
      const file = output.files.find(({ digest }) => digest === config.digest);
      if (file === undefined) throw new Error("the image lacks its configuration");
      const text = await context.host.files.readText(await demandFile(file, context));
      return { platform, digest: manifest.digest, layers: describeLayers(text, layers) };
    }),
  );
}

import { type Digest, digestOfValue } from "../model/digest.ts";
import type { Layer } from "../model/image.ts";
import { inLanes } from "../model/lanes.ts";
import type { StepOutput } from "../model/outcome.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import { contentsFor, whileUnchanged } from "./image-contents.ts";
import { layersOf } from "./layer.ts";
import { pushBlobs } from "./push-blobs.ts";
import { withRegistryFaults } from "./registry-faults.ts";

type UploadInputs = { readonly repository: string; readonly others: readonly string[] };

const ASKED_AT_ONCE = 3;

/**
 * Sends the models' layers to a registry while the environment is built and the image tested. Nobody can pull what no
 * manifest names: the image is there when `push` has put its manifest, after the tests.
 */
export const uploadKind: StepKind = {
  kind: "upload",
  version: 1,
  summary: "sends the models' layers ahead of the image",
  shareable: false,
  timeoutMs: 6 * 60 * 60_000,
  attempts: 1,
  run,
  async findMissing(step, output, { repositoryOf, signal }) {
    const { repository } = step.inputs as unknown as UploadInputs;
    let isMissing = false;
    await inLanes(output.values.layers as readonly Digest[], ASKED_AT_ONCE, async (digest) => {
      if (isMissing) return;
      if ((await repositoryOf(repository).findBlob(digest, signal)) === undefined) isMissing = true;
    });
    return isMissing ? `a layer in ${repository}` : undefined;
  },
};

async function run(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const { repository, others } = step.inputs as unknown as UploadInputs;
  const layers = step.needs
    .filter((id) => id.startsWith("layer:"))
    .flatMap((id): readonly Layer[] => layersOf(context.outputOf(id)).layers);
  const target = {
    repository: context.repositoryOf(repository),
    contents: contentsFor(step, context),
    neighboursOf: () => others,
  };
  const pushed = await withRegistryFaults(repository, () =>
    whileUnchanged(step, context, () => pushBlobs(layers, target, context)),
  );
  if (!pushed.ok) return fail(...pushed.diagnostics);
  const digests = layers.map(({ digest }) => digest);
  return succeed({ digest: digestOfValue(digests), files: [], values: { layers: digests } });
}

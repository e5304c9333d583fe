import { textOf } from "../model/chunks.ts";
import type { Digest } from "../model/digest.ts";
import type { Descriptor, Image } from "../model/image.ts";
import { parseImageReference } from "../model/image-reference.ts";
import type { StepOutput } from "../model/outcome.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import { ENVIRONMENT, IMAGE, imageOf } from "./build-image.ts";
import { contentsFor, whileUnchanged } from "./image-contents.ts";
import { pushBlobs } from "./push-blobs.ts";
import { pushModelPack } from "./push-model-pack.ts";
import { withRegistryFaults } from "./registry-faults.ts";
import { environmentOf } from "./take-images.ts";

type PushInputs = { readonly tag: string; readonly others: readonly string[] };

/**
 * Sends the image, or the models alone, to a registry under a tag. Docker's own credentials open it; no engine has a part
 * in it.
 */
export const pushKind: StepKind = {
  kind: "push",
  version: 2,
  summary: "pushes the image, or the models alone",
  shareable: false,
  timeoutMs: 6 * 60 * 60_000,
  attempts: 1,
  run: (step, context) =>
    step.inputs.type === "modelpack" ? pushModelPack(step, context) : run(step, context),
  async findMissing(step, output, { repositoryOf, signal }) {
    const { tag } = step.inputs as unknown as PushInputs;
    const found = await repositoryOf(tag).findManifest(tagNameOf(tag), signal);
    return found === output.values.digest ? undefined : `${tag} in the registry`;
  },
};

async function run(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const { tag, others } = step.inputs as unknown as PushInputs;
  const image = imageOf(context.outputOf(IMAGE));
  const environment = environmentOf(context.outputOf(ENVIRONMENT));
  const below = new Set(environment.images.flatMap(({ layers }) => layers.map(({ digest }) => digest)));
  /** The base's repository has the layers of the base, and none of what we make. */
  const neighboursOf = ({ digest }: Descriptor): readonly string[] =>
    environment.repository !== undefined && below.has(digest) ? [environment.repository, ...others] : others;
  const pushed = await withRegistryFaults(tag, async () => {
    const repository = context.repositoryOf(tag);
    const contents = contentsFor(step, context);
    const blobs = image.images.flatMap(({ layers, config }) => [...layers, config]);
    const unique = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
    await whileUnchanged(step, context, () =>
      pushBlobs(unique, { repository, contents, neighboursOf }, context),
    );
    for (const { descriptor, name } of manifestsOf(image, tagNameOf(tag))) {
      const text = await textOf(context.host.files.readParts(await contents.partsOf(descriptor)));
      await repository.writeManifest(name, descriptor.mediaType, text, context.signal);
    }
  });
  if (!pushed.ok) return fail(...pushed.diagnostics);
  const { digest } = image.root;
  return succeed({ digest, files: [], values: { tag, digest } });
}

/** The manifests in the order in which a registry takes them: the tag comes last, and names what is whole. */
function manifestsOf(
  { root, images }: Image,
  tag: string,
): readonly { readonly descriptor: Descriptor; readonly name: string | Digest }[] {
  const inside = images.map(({ manifest }) => manifest).filter(({ digest }) => digest !== root.digest);
  return [
    ...inside.map((descriptor) => ({ descriptor, name: descriptor.digest })),
    { descriptor: root, name: tag },
  ];
}

function tagNameOf(reference: string): string {
  return parseImageReference(reference).tag ?? "latest";
}

import {
  MODEL_PACK_TYPES,
  type ModelPackFacts,
  type PackedFile,
  writeModelPack,
} from "../artifacts/write-model-pack.ts";
import { digestOf } from "../model/digest.ts";
import type { Descriptor } from "../model/image.ts";
import { parseImageReference } from "../model/image-reference.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import type { Part } from "../model/part.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";
import { whileUnchanged } from "./image-contents.ts";
import { demandFile } from "./output-files.ts";
import { pushBlobs } from "./push-blobs.ts";
import { withRegistryFaults } from "./registry-faults.ts";

type ModelPackInputs = {
  readonly tag: string;
  /** Repositories that the same models may have been pushed to. */
  readonly others: readonly string[];
  /** The name of the package. */
  readonly package: string;
  readonly models: readonly { readonly name: string; readonly version: string }[];
  readonly sourceDateEpoch: number;
};

type ModelFile = { readonly packed: PackedFile; readonly file: OutputFile };

/** Sends models to a registry as a ModelPack: the files, then what describes them, the manifest last. */
export async function pushModelPack(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const inputs = step.inputs as unknown as ModelPackInputs;
  const { tag, others } = inputs;
  const files = inputs.models.flatMap(({ name }) => filesOf(name, inputs.models.length > 1, context));
  const pack = writeModelPack(
    files.map(({ packed }) => packed),
    factsOf(inputs),
  );
  const places = new Map(files.map(({ packed, file }) => [packed.digest, file]));

  async function partsOf({ digest }: Descriptor): Promise<readonly Part[]> {
    const file = places.get(digest);
    if (file === undefined) return [{ bytes: Buffer.from(pack.configText) }];
    return [{ file: await demandFile(file, context), size: file.size }];
  }

  const pushed = await withRegistryFaults(tag, async () => {
    const repository = context.repositoryOf(tag);
    const unique = [...new Map([...pack.layers, pack.config].map((blob) => [blob.digest, blob])).values()];
    await whileUnchanged(step, context, () =>
      pushBlobs(unique, { repository, contents: { partsOf }, neighboursOf: () => others }, context),
    );
    const { tag: name = "latest" } = parseImageReference(tag);
    await repository.writeManifest(name, MODEL_PACK_TYPES.manifest, pack.manifestText, context.signal);
  });
  if (!pushed.ok) return fail(...pushed.diagnostics);
  const digest = digestOf(pack.manifestText);
  return succeed({ digest, files: [], values: { tag, digest } });
}

/** One model has its files as they are called; of several each has a folder. */
function filesOf(name: string, isOneOfSeveral: boolean, context: StepContext): readonly ModelFile[] {
  return context.outputOf(`fetch:${name}`).files.map((file) => ({
    file,
    packed: {
      path: isOneOfSeveral ? `${name}/${file.path}` : file.path,
      digest: file.digest,
      size: file.size,
    },
  }));
}

function factsOf({ models, sourceDateEpoch, ...inputs }: ModelPackInputs): ModelPackFacts {
  const [only, ...others] = models;
  if (only === undefined || others.length > 0) return { name: inputs.package, sourceDateEpoch };
  return { ...only, sourceDateEpoch };
}

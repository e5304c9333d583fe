import { type AddedLayer, extendConfig } from "../images/image-config.ts";
import { planLayer } from "../images/layers.ts";
import { describeText, MEDIA_TYPES, writeIndex, writeManifest } from "../images/manifest.ts";
import type { CompressionConfig } from "../model/config.ts";
import { blobPath, type Image, type PlatformImage } from "../model/image.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import { type Result, succeed } from "../model/result.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";
import { layersOf, type MadeLayer, makeLayer, partsOfLayer } from "./layer.ts";
import { demandFile } from "./output-files.ts";
import { filesOfContext, layoutOf, serviceSettingsOf } from "./render.ts";
import { storeText } from "./store-inputs.ts";
import { environmentOf } from "./take-images.ts";

export const ENVIRONMENT = "build:environment";
export const IMAGE = "build:image";

type ImageInputs = { readonly compression: CompressionConfig; readonly sourceDateEpoch: number };

/** A layer, where it lies, and what `docker history` says of it. */
type Brought = MadeLayer & { readonly brings: string };

export function imageOf(output: StepOutput): Image {
  return output.values as unknown as Image;
}

/**
 * Puts the image together, from what changes seldom to what changes often: the environment, a layer for each model, our
 * server, the code. Only the last two are written; everything else is there.
 */
export async function assembleImage(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const { compression, sourceDateEpoch } = step.inputs as unknown as ImageInputs;
  const rendered = context.outputOf("render");
  const settings = serviceSettingsOf(rendered);
  const brought = [...bringModels(step, context), ...(await bringCode(rendered, compression, context))];
  const environment = context.outputOf(ENVIRONMENT);
  const assembled = await Promise.all(
    environmentOf(environment).images.map(async (below) => {
      const configBelow = await readConfig(below, environment, context);
      const added = brought.map(({ layer, brings }): AddedLayer => ({ diffId: layer.diffId, brings }));
      const config = extendConfig(configBelow, added, settings, sourceDateEpoch);
      const layers = [...below.layers, ...brought.map(({ layer }) => layer)];
      const described = describeText(MEDIA_TYPES.config, config);
      const manifest = writeManifest(described, layers);
      const image: PlatformImage = {
        platform: below.platform,
        manifest: describeText(MEDIA_TYPES.manifest, manifest),
        config: described,
        layers,
      };
      return { image, texts: [config, manifest] };
    }),
  );
  const images = assembled.map(({ image }) => image);
  const [first] = images;
  if (first === undefined) throw new Error("the environment has no image");
  const index = images.length > 1 ? writeIndex(images) : undefined;
  const root = index === undefined ? first.manifest : describeText(MEDIA_TYPES.index, index);
  const texts = [...assembled.flatMap((one) => one.texts), ...(index === undefined ? [] : [index])];
  const files = await Promise.all(texts.map((text) => storeBlob(text, context)));
  const values: Image = { root, images };
  return succeed({
    digest: root.digest,
    files: [...files, ...brought.flatMap(({ file }) => file ?? [])],
    values: values as unknown as SerializableRecord,
  });
}

function bringModels({ needs }: Step, context: StepContext): readonly Brought[] {
  return needs
    .filter((id) => id.startsWith("layer:"))
    .flatMap((id) =>
      layersOf(context.outputOf(id)).layers.map((layer) => ({
        layer,
        brings: `model ${id.slice("layer:".length)}`,
      })),
    );
}

/** Our server, the code, and the folder that the service runs in, if neither has it. */
async function bringCode(
  rendered: StepOutput,
  compression: CompressionConfig,
  context: StepContext,
): Promise<readonly Brought[]> {
  const { models, runtime, code, appRoot } = layoutOf(rendered);
  const planned = [
    ...runtime.map((placement) => ({ placement, brings: "server" })),
    ...code.map((placement) => ({ placement, brings: "code" })),
  ].map(({ placement: { target, context: name }, brings }) => ({
    plan: planLayer(target, filesOfContext(rendered, name)),
    brings,
  }));
  const hasRoot = [...models, ...code].some(({ target }) => target.startsWith(`${appRoot}/`));
  const root = hasRoot ? [] : [{ plan: planLayer(appRoot, []), brings: "folder of the service" }];
  return Promise.all(
    [...root, ...planned].map(async ({ plan, brings }): Promise<Brought> => {
      const made = await makeLayer(plan, compression, context);
      if (made.file !== undefined) return { ...made, brings };
      const { digest, size } = await context.store.write(
        context.host.files.readParts(await partsOfLayer(plan, context)),
      );
      return { ...made, brings, file: { path: blobPath(digest), digest, size, mode: 0o644 } };
    }),
  );
}

async function readConfig(
  { config }: PlatformImage,
  environment: StepOutput,
  context: StepContext,
): Promise<string> {
  const file = environment.files.find(({ digest }) => digest === config.digest);
  if (file === undefined) throw new Error("the environment lacks its configuration");
  return context.host.files.readText(await demandFile(file, context));
}

async function storeBlob(text: string, context: StepContext): Promise<OutputFile> {
  const stored = await storeText("", text, context);
  return { ...stored, path: blobPath(stored.digest) };
}

import path from "node:path";
import { PREFIX } from "../conda/place-packages.ts";
import { addLayers } from "../images/image-config.ts";
import { describeText, isPlatform, MEDIA_TYPES, writeManifest } from "../images/manifest.ts";
import type { ReadImage } from "../images/read-images.ts";
import { blobPath, type Layer, type PlatformImage } from "../model/image.ts";
import { inLanes } from "../model/lanes.ts";
import type { StepOutput } from "../model/outcome.ts";
import { type Result, succeed } from "../model/result.ts";
import type { StepContext } from "../model/step-kind.ts";
import { type CondaImage, imagesOfConda } from "./conda.ts";
import { AT_ONCE, fetchBlob } from "./fetch-blob.ts";
import { demandFile } from "./output-files.ts";
import type { PinnedBase } from "./read-base.ts";
import { takeBase } from "./take-base.ts";
import { environmentOf, environmentOutput, nameInLayout } from "./take-images.ts";

type Below = { readonly base: PinnedBase; readonly platforms: readonly string[] };

/** The base image with what conda brings on top; its own layers stay where they are. */
export async function takeWithConda(
  below: Below,
  conda: StepOutput,
  context: StepContext,
): Promise<Result<StepOutput>> {
  const taken = await takeBase(below, context);
  if (!taken.ok) return taken;
  const { images, repository } = environmentOf(taken.value);
  const brought = imagesOfConda(conda);
  const extended = await Promise.all(
    images.map(async (image) => extend(image, await readConfig(image, taken.value, context), brought)),
  );
  const layers = [...taken.value.files, ...conda.files].filter(({ digest }) =>
    extended.some((image) => image.layers.some((layer) => layer.digest === digest)),
  );
  const more = repository === undefined ? {} : { repository };
  return succeed(await environmentOutput(extended, layers, more, context));
}

/** The same as the folder of a layout, with links to what is in it. */
export async function layOutWithConda(
  below: Below,
  conda: StepOutput,
  folder: string,
  context: StepContext,
): Promise<Result<void>> {
  const { files } = context.host;
  const taken = await takeWithConda(below, conda, context);
  if (!taken.ok) return taken;
  const { images, repository } = environmentOf(taken.value);
  const blobs = images.flatMap(({ manifest, config, layers }) => [manifest, config, ...layers]);
  const wanted = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
  await files.makeDirectory(path.join(folder, "blobs/sha256"));
  await inLanes(wanted, AT_ONCE, async (blob) => {
    const stored = taken.value.files.find(({ digest }) => digest === blob.digest);
    if (stored === undefined && repository === undefined) throw new Error(`nobody has ${blob.digest}`);
    const place =
      stored === undefined
        ? await fetchBlob(blob, repository ?? "", context)
        : await demandFile(stored, context);
    await files.link(place, path.join(folder, blobPath(blob.digest)));
  });
  await nameInLayout(images, folder, context);
  return succeed(undefined);
}

async function readConfig(
  { config }: PlatformImage,
  base: StepOutput,
  context: StepContext,
): Promise<string> {
  const file = base.files.find(({ digest }) => digest === config.digest);
  if (file === undefined) throw new Error("the base lacks its configuration");
  return context.host.files.readText(await demandFile(file, context));
}

function extend(image: PlatformImage, configBelow: string, brought: readonly CondaImage[]): ReadImage {
  const { platform } = image;
  const own = brought.find((one) => isPlatform(one.platform, platform));
  if (own === undefined) throw new Error(`conda has brought nothing for ${platform}`);
  const configText = addLayers(configBelow, own.layers, ({ PATH = USUAL_PATH }) => ({
    ...own.variables,
    PATH: `${PREFIX}/bin:${PATH}`,
    CONDA_PREFIX: PREFIX,
  }));
  const config = describeText(MEDIA_TYPES.config, configText);
  const layers = [
    ...image.layers,
    ...own.layers.map(({ mediaType, digest, size, diffId }): Layer => ({ mediaType, digest, size, diffId })),
  ];
  const manifestText = writeManifest(config, layers);
  const manifest = describeText(MEDIA_TYPES.manifest, manifestText);
  return { platform, manifest, config, layers, texts: [manifestText, configText] };
}

/** What runs containers takes it to be where an image does not say. */
const USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

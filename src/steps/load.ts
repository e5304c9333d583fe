import { archiveParts, blobsOf } from "../images/archive.ts";
import { type Digest, digestOf, isDigest } from "../model/digest.ts";
import type { Image } from "../model/image.ts";
import type { StepOutput } from "../model/outcome.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import { ENVIRONMENT, IMAGE, imageOf } from "./build-image.ts";
import { contentsFor, partsOfAll, whileUnchanged } from "./image-contents.ts";
import { findInterruptedLoad, type InterruptedLoad } from "./interrupted-load.ts";
import { environmentOf } from "./take-images.ts";

export const LOAD = "load:image";

/** Brings the image into the engine, under no name: tags move only when the tests have passed. */
export const loadKind: StepKind = {
  kind: "load",
  version: 1,
  summary: "brings the image into the engine",
  shareable: false,
  timeoutMs: 2 * 60 * 60_000,
  attempts: 1,
  run,
  async findMissing(_step, output, { engine }) {
    return (await engine.identify(loadedImageOf(output))) === undefined
      ? "the image in the engine"
      : undefined;
  },
};

/** What the engine calls the image. */
export function loadedImageOf(output: StepOutput): string {
  return String(output.values.image);
}

async function run(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const image = imageOf(context.outputOf(IMAGE));
  const [known, listed, earlier] = await Promise.all([
    findLoaded(image, context),
    findPresentLayers(image, context),
    findInterruptedLoad(image, context),
  ]);
  if (known !== undefined) return succeed(outputOf(known, image));
  const present = new Set([...listed, ...earlier.kept]);
  let loaded = await load(image, { present, earlier }, step, context);
  // The engine may have lost a layer of an image that it still lists, or of a load that was interrupted.
  const isFull = !loaded.ok && loaded.diagnostics.some(({ details }) => details?.full === true);
  if (!loaded.ok && present.size > 0 && !isFull && !context.signal.aborted)
    loaded = await load(image, { present: new Set(), earlier }, step, context);
  if (!context.signal.aborted) await earlier.forget();
  return loaded.ok ? succeed(outputOf(loaded.value, image)) : fail(...loaded.diagnostics);
}

function outputOf(id: string, { images }: Image): StepOutput {
  const layers = images.flatMap((image) => image.layers.map(({ digest }) => digest));
  return { digest: isDigest(id) ? id : digestOf(id), files: [], values: { image: id, layers } };
}

/** The containerd store knows an image by the digest of its manifest or index, the classic store by its configuration's. */
async function findLoaded({ root, images }: Image, { engine }: StepContext): Promise<string | undefined> {
  const names = [root, ...images.map(({ config }) => config)].map(({ digest }) => digest);
  const found = await Promise.all(names.map((name) => engine.identify(name)));
  return found.find((one) => one !== undefined)?.id;
}

/** The layers of images that the engine has: of what it was given the last time, and of the environment. */
async function findPresentLayers(image: Image, context: StepContext): Promise<ReadonlySet<Digest>> {
  const { engine, lastOutput } = context;
  const present = new Set<Digest>();
  if (lastOutput !== undefined && (await engine.identify(loadedImageOf(lastOutput))) !== undefined) {
    for (const digest of lastOutput.values.layers as readonly Digest[]) present.add(digest);
  }
  const { images, reference, built = images } = environmentOf(context.outputOf(ENVIRONMENT));
  for (const { manifest, config, layers } of built) {
    if (layers.every(({ digest }) => present.has(digest))) continue;
    const names = [manifest.digest, config.digest, ...(reference === undefined ? [] : [reference])];
    const found = await Promise.all(names.map((name) => engine.identify(name)));
    if (found.some((one) => one !== undefined)) for (const { digest } of layers) present.add(digest);
  }
  const ours = new Set(image.images.flatMap(({ layers }) => layers.map(({ digest }) => digest)));
  return new Set([...present].filter((digest) => ours.has(digest)));
}

async function load(
  image: Image,
  { present, earlier }: { readonly present: ReadonlySet<Digest>; readonly earlier: InterruptedLoad },
  step: Step,
  context: StepContext,
): Promise<Result<string>> {
  const { engine, host, signal, report } = context;
  const missing = blobsOf(image).filter(({ digest }) => !present.has(digest));
  const parts = await partsOfAll(missing, contentsFor(step, context));
  const archive = archiveParts(image, ({ digest }) => parts.get(digest) ?? [], { without: present });
  const ids = [image.root, ...image.images.map(({ config }) => config)].map(({ digest }) => digest);
  const tell = (text: string): void => report({ type: "doing", text });
  const chunks = earlier.follow(host.files.readParts(archive), missing);
  return whileUnchanged(step, context, () => engine.load(chunks, ids, tell, signal));
}

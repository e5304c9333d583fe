import path from "node:path";
import { createDockerEngine } from "../../engines/docker-engine.ts";
import { describeLayers } from "../../images/describe-layers.ts";
import type { ComparableImage } from "../../images/inspect/compare-inspected.ts";
import { choosePlatform, findPlatforms } from "../../images/inspect/find-platforms.ts";
import { OversizedImage } from "../../images/inspect/limits.ts";
import { maskText } from "../../images/inspect/mask-secrets.ts";
import { mergeFacts } from "../../images/inspect/merge-facts.ts";
import { readSettings } from "../../images/inspect/read-settings.ts";
import { parseManifest } from "../../images/manifest.ts";
import { type ReadImage, readImages, UnreadableImage } from "../../images/read-images.ts";
import { type Diagnostic, errorDiagnostic } from "../../model/diagnostic.ts";
import { type Digest, digestOf } from "../../model/digest.ts";
import type { DescribedLayer } from "../../model/image.ts";
import { parseImageReference } from "../../model/image-reference.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { withRegistryFaults } from "../../steps/registry-faults.ts";
import { resolveForSession } from "../check-written-file.ts";
import { createRepositories } from "../repositories.ts";
import type { Session } from "../session.ts";
import type { ImagePlace } from "./image-place.ts";
import { inEngine } from "./in-engine.ts";
import { inArchive, inFolder } from "./in-files.ts";
import { inRegistry } from "./in-registry.ts";
import { type LayerReading, readLayers } from "./read-layers.ts";

export type InspectRequest = LayerReading & {
  /** A name, or a path. */
  readonly reference: string;
  readonly platform: string | undefined;
};

/**
 * Finds an image by its name or path, and reads what is said of it and what it says.
 *
 * Errors: `inspect/no-image`, `inspect/no-platform`, `inspect/too-large`, `inspect/unreadable`, and those of registries.
 */
export async function readInspected(
  session: Session,
  request: InspectRequest,
): Promise<Result<ComparableImage>> {
  const { reference } = request;
  try {
    const read = await withRegistryFaults(reference, async (): Promise<Result<ComparableImage>> => {
      const place = await findPlace(session, request);
      return place === undefined ? fail(wordNothing(reference)) : openImage(place, request, session);
    });
    return read.ok ? read.value : read;
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    return fail(wordUnreadable(reference, error));
  }
}

async function findPlace(session: Session, request: InspectRequest): Promise<ImagePlace | undefined> {
  const { host, signal } = session;
  const { reference } = request;
  const file = resolveForSession(session, reference);
  const status = await host.files.status(file);
  if (status?.type === "file") return inArchive(file, status.size, host.files);
  if (status?.type === "directory" && (await isLayout(file, session))) return inFolder(file, host.files);
  if (!isName(reference)) return undefined;
  const ofRegistry = async () => inRegistry(reference, createRepositories(host)(reference), signal);
  const ofEngine = async () =>
    inEngine(reference, await createDockerEngine(host), { hashesModels: request.files }, signal);
  const isRegistryFirst = /^[^/]*[.:][^/]*\//.test(reference);
  const [first, second] = isRegistryFirst ? [ofRegistry, ofEngine] : [ofEngine, ofRegistry];
  return (await first()) ?? (await second());
}

async function isLayout(folder: string, { host: { files } }: Session): Promise<boolean> {
  return (await files.status(path.join(folder, "index.json")))?.type === "file";
}

/** A path, or a mistake, is no question for a registry. */
function isName(reference: string): boolean {
  return /^\w[\w.:/@-]*$(?<!\.tar)/.test(reference) && parseImageReference(reference).repository !== "";
}

async function openImage(
  place: ImagePlace,
  request: InspectRequest,
  { host }: Session,
): Promise<Result<ComparableImage>> {
  const platforms = await findPlatforms(place.root, place.readText);
  const platform = choosePlatform(platforms, request.platform, host.containerPlatform);
  const [image] = await readImages(place.root, [platform], place.readText);
  if (image === undefined) throw new UnreadableImage("it has no image");
  const index = indexOf(place);
  const described = describeLayers(image.texts[1] ?? "", image.layers).map(masked);
  const [read, attestations] = await Promise.all([
    readLayers(place, described, request),
    place.findAttestations([image.manifest.digest, ...(index === undefined ? [] : [index])]),
  ]);
  const { texts, ...facts } = mergeFacts(read.layers);
  const { shown, ...secret } = readSettings(image.texts[1] ?? "");
  return succeed({
    ...secret,
    texts,
    shown: {
      format: 1,
      reference: request.reference,
      from: place.from,
      ...namesOf(image, index),
      platforms: platforms.length > 0 ? platforms : [image.platform],
      isOurs: described.some(({ createdBy }) => createdBy?.startsWith("mlpackage: ") === true),
      ...shown,
      ...facts,
      layers: described,
      attestations,
      unread: read.unread,
    },
  });
}

function namesOf({ manifest, platform }: ReadImage, index: Digest | undefined) {
  return { digest: manifest.digest, ...(index !== undefined && { index }), platform };
}

/** A layout's own index is no image: what it names is, where that is one. */
function indexOf({ root, from }: ImagePlace): Digest | undefined {
  const parsed = parseManifest(root);
  if (parsed?.kind !== "index") return undefined;
  if (from === "registry") return digestOf(root);
  const [only, ...others] = parsed.manifests;
  return only !== undefined && others.length === 0 && /index|list/.test(only.mediaType)
    ? only.digest
    : undefined;
}

/** What made a layer may have been told a secret. */
function masked({ createdBy, ...layer }: DescribedLayer): DescribedLayer {
  return { ...layer, ...(createdBy !== undefined && { createdBy: maskText(createdBy) }) };
}

function wordNothing(reference: string): Diagnostic {
  return errorDiagnostic(
    "inspect/no-image",
    `there is no \`${reference}\`: no archive or OCI layout, and no image in the engine or its registry`,
    {
      hint: "name a pushed image, one of the engine (`docker images` lists them), an archive, or the folder of an OCI layout",
    },
  );
}

function wordUnreadable(reference: string, error: UnreadableImage): Diagnostic {
  const text = `\`${reference}\` cannot be read: ${error.message}`;
  if (error instanceof OversizedImage)
    return errorDiagnostic("inspect/too-large", text, {
      hint: "no image that makes sense is like that: ask who made it, and do not run it",
    });
  if (/^it is not made for /.test(error.message))
    return errorDiagnostic("inspect/no-platform", text, { hint: "name one of those with `--platform`" });
  return errorDiagnostic("inspect/unreadable", text, {
    hint: "type `mlpackage apply` to save the archive or push the image again",
  });
}

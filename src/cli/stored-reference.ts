import path from "node:path";
import type { StoredImage } from "../images/compare/stored-image.ts";
import { type ReadText, readImages, UnreadableImage } from "../images/read-images.ts";
import { textOf } from "../model/chunks.ts";
import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Digest } from "../model/digest.ts";
import { blobPath } from "../model/image.ts";
import { nameOf, parseImageReference } from "../model/image-reference.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { StepContext } from "../model/step-kind.ts";
import { withRegistryFaults } from "../steps/registry-faults.ts";
import { unpackLayout } from "../steps/take-images.ts";
import { resolveForSession } from "./check-written-file.ts";
import type { Session } from "./session.ts";

/** An image that somebody has, for each of the platforms that were asked for. */
export type Reference = {
  /** Whether whoever has it writes manifests of their own, and only the configuration is ours. */
  readonly isConverted: boolean;
  readonly images: readonly (StoredImage & { readonly platform: string; readonly digest: Digest })[];
};

/** How the texts and the layers of an image are had. */
type Place = Pick<Reference, "isConverted"> & {
  /** Of the manifest or the index that names the rest. */
  readonly root: string;
  readonly readText: ReadText;
  readonly readLayer: (digest: Digest) => AsyncIterable<Uint8Array>;
};

/** What an image is called, and what that was found to stand for where its signature was checked. */
export type WantedImage = { readonly name: string; readonly signed?: Digest | undefined };

/**
 * Finds an image by its name, in its registry or in the engine, or as an archive by its path.
 *
 * Errors: `verify/no-image`, `verify/unreadable`, and those of registries.
 */
export async function openReference(
  session: Session,
  wanted: WantedImage,
  platforms: readonly string[],
  context: StepContext,
): Promise<Result<Reference>> {
  const { name } = wanted;
  try {
    const found = await findPlace(session, wanted, context);
    if (!found.ok) return found;
    const { root, readText, readLayer, isConverted } = found.value;
    const read = await withRegistryFaults(name, () => readImages(root, platforms, readText));
    if (!read.ok) return read;
    const images = read.value.map(({ platform, manifest, texts: [manifestText = "", config = ""] }) => ({
      ...{ platform, digest: manifest.digest, manifest: manifestText, config },
      readLayer: ({ digest }: { readonly digest: Digest }) => readLayer(digest),
    }));
    return succeed({ images, isConverted });
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    return fail(
      errorDiagnostic("verify/unreadable", `\`${name}\` cannot be read: ${error.message}`, {
        hint: "check the name, the network and `docker login`",
      }),
    );
  }
}

async function findPlace(
  session: Session,
  { name, signed }: WantedImage,
  context: StepContext,
): Promise<Result<Place>> {
  const file = resolveForSession(session, name);
  if (signed === undefined && (await session.host.files.status(file))?.type === "file")
    return succeed(await inArchive(session.host.files.readStream(file), context));
  // A tag may stand for something else by now, and an engine never heard of the signature.
  const reference = signed === undefined ? name : `${nameOf(name)}@${signed}`;
  const isRegistryFirst = signed !== undefined || isOfARegistry(name);
  const places = isRegistryFirst ? [inRegistry, inEngine] : [inEngine, inRegistry];
  for (const find of places) {
    const found = await find(reference, context);
    if (!found.ok) return found;
    if (found.value !== undefined) return succeed(found.value);
  }
  return fail(
    errorDiagnostic("verify/no-image", `there is no file, image or pushed image \`${name}\``, {
      hint: "write the tag of an image or the path of an archive, or leave it out to verify the outputs",
    }),
  );
}

function isOfARegistry(name: string): boolean {
  return /^[^/]*[.:][^/]*\//.test(name);
}

async function inArchive(
  archive: AsyncIterable<Uint8Array>,
  context: StepContext,
  isConverted = false,
): Promise<Place> {
  const { files } = context.host;
  const folder = await context.makeWorkDirectory();
  await unpackLayout(archive, folder, context);
  const find = async (name: string): Promise<string | undefined> => {
    const place = path.join(folder, name);
    return (await files.status(place))?.type === "file" ? place : undefined;
  };
  const index = await find("index.json");
  if (index === undefined) throw new UnreadableImage("it is not an OCI layout: it has no `index.json`");
  return {
    isConverted,
    root: await files.readText(index),
    readText: async (digest) => {
      const place = await find(blobPath(digest));
      return place === undefined ? undefined : files.readText(place);
    },
    readLayer: async function* (digest) {
      const place = await find(blobPath(digest));
      if (place === undefined) throw new UnreadableImage(`its layer ${digest} is missing`);
      yield* files.readStream(place);
    },
  };
}

async function inEngine(name: string, context: StepContext): Promise<Result<Place | undefined>> {
  const { engine, signal } = context;
  const probed = await engine.probe();
  const found = probed.ok ? await engine.identify(name) : undefined;
  if (!probed.ok || found === undefined) return succeed(undefined);
  const isConverted = !probed.value.containerdStore;
  return succeed(await inArchive(engine.export([found.id], signal), context, isConverted));
}

async function inRegistry(name: string, context: StepContext): Promise<Result<Place | undefined>> {
  const { signal } = context;
  const { tag = "latest", digest: written } = parseImageReference(name);
  const repository = context.repositoryOf(name);
  return withRegistryFaults(name, async (): Promise<Place | undefined> => {
    const root = await repository.readManifest(written ?? tag, signal);
    if (root === undefined) return undefined;
    const readBlob = async (digest: Digest) => repository.readBlob(digest, signal);
    return {
      isConverted: false,
      root,
      readText: async (digest, kind) => {
        if (kind === "manifest") return repository.readManifest(digest, signal);
        const chunks = await readBlob(digest);
        return chunks && textOf(chunks);
      },
      readLayer: async function* (digest) {
        const chunks = await readBlob(digest);
        if (chunks === undefined) throw new UnreadableImage(`its layer ${digest} is not there`);
        yield* chunks;
      },
    };
  });
}

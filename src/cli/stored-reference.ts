import path from "node:path";
import type { StoredImage } from "../images/compare/stored-image.ts";
import { readImages, UnreadableImage } from "../images/read-images.ts";
import { textOf } from "../model/chunks.ts";
import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Digest } from "../model/digest.ts";
import { blobPath } from "../model/image.ts";
import { parseImageReference } from "../model/image-reference.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { StepContext } from "../model/step-kind.ts";
import { withRegistryFaults } from "../steps/registry-faults.ts";
import { unpackLayout } from "../steps/take-images.ts";
import { resolveForSession } from "./check-written-file.ts";
import type { Session } from "./session.ts";

/** An image that somebody has, for each of the platforms that were asked for. */
export type Reference = {
  readonly shown: string;
  readonly images: readonly (StoredImage & { readonly platform: string; readonly digest: Digest })[];
};

/** How the texts and the layers of an image are had. */
type Place = {
  /** Of the manifest or the index that names the rest. */
  readonly root: string;
  readonly readText: (digest: Digest) => Promise<string | undefined>;
  readonly readLayer: (digest: Digest) => AsyncIterable<Uint8Array>;
};

/**
 * Finds an image by its name, in its registry or in the engine, or as an archive by its path.
 *
 * Errors: `verify/no-image`, `verify/unreadable`, and those of registries.
 */
export async function openReference(
  session: Session,
  name: string,
  platforms: readonly string[],
  context: StepContext,
): Promise<Result<Reference>> {
  const found = await findPlace(session, name, context);
  if (!found.ok) return found;
  const { root, readText, readLayer } = found.value;
  try {
    const read = await readImages(root, platforms, readText);
    const images = read.map(({ platform, manifest, texts: [manifestText = "", config = ""] }) => ({
      ...{ platform, digest: manifest.digest, manifest: manifestText, config },
      readLayer: ({ digest }: { readonly digest: Digest }) => readLayer(digest),
    }));
    return succeed({ shown: name, images });
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    return fail(errorDiagnostic("verify/unreadable", `\`${name}\` cannot be read: ${error.message}`));
  }
}

async function findPlace(session: Session, name: string, context: StepContext): Promise<Result<Place>> {
  const file = resolveForSession(session, name);
  if ((await session.host.files.status(file))?.type === "file")
    return succeed(await inArchive(session.host.files.readStream(file), context));
  const places = isOfARegistry(name) ? [inRegistry, inEngine] : [inEngine, inRegistry];
  for (const find of places) {
    const found = await find(name, context);
    if (!found.ok) return found;
    if (found.value !== undefined) return succeed(found.value);
  }
  return fail(
    errorDiagnostic(
      "verify/no-image",
      `there is no \`${name}\`: no file, and no image in the engine or its registry`,
      {
        hint: "name a pushed image, one of the engine, or an archive; without a name it is what the outputs say",
      },
    ),
  );
}

function isOfARegistry(name: string): boolean {
  return /^[^/]*[.:][^/]*\//.test(name);
}

async function inArchive(archive: AsyncIterable<Uint8Array>, context: StepContext): Promise<Place> {
  const { files } = context.host;
  const folder = await context.makeWorkDirectory();
  await unpackLayout(archive, folder, context);
  const placeOf = (digest: Digest): string => path.join(folder, blobPath(digest));
  return {
    root: await files.readText(path.join(folder, "index.json")),
    readText: async (digest) => {
      const place = placeOf(digest);
      return (await files.status(place))?.type === "file" ? files.readText(place) : undefined;
    },
    readLayer: (digest) => files.readStream(placeOf(digest)),
  };
}

async function inEngine(name: string, context: StepContext): Promise<Result<Place | undefined>> {
  const { engine, signal } = context;
  const found = (await engine.probe()).ok ? await engine.identify(name) : undefined;
  return succeed(found && (await inArchive(engine.export([found.id], signal), context)));
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
      root,
      readText: async (digest) => {
        const text = await repository.readManifest(digest, signal);
        if (text !== undefined) return text;
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

import { type Digest, digestOf } from "../model/digest.ts";
import type { Descriptor, PlatformImage } from "../model/image.ts";
import { isPlatform, parseConfig, parseManifest, readImage } from "./manifest.ts";

/** An image for one platform, with the two texts that describe it. */
export type ReadImage = PlatformImage & { readonly texts: readonly string[] };

/** The text of a manifest or a configuration; undefined where it is not there. It is checked by who asks. */
export type ReadText = (digest: Digest, kind: "manifest" | "config") => Promise<string | undefined>;

/** An index may name another, as a layout's own does; more than that is a circle. */
const MOST_DEPTH = 3;

/** Far more than there are platforms. */
const MOST_ENTRIES = 64;

/** Why an image cannot be had: worded for a message. */
export class UnreadableImage extends Error {}

/** The images for these platforms below a manifest or an index. Rejects with an `UnreadableImage`. */
export async function readImages(
  root: string,
  platforms: readonly string[],
  readText: ReadText,
): Promise<readonly ReadImage[]> {
  const found = await readAll(root, platforms, readText, 0);
  return platforms.map((wanted) => {
    const image = found.find(({ platform }) => isPlatform(platform, wanted));
    if (image !== undefined) return image;
    const others = [...new Set(found.map(({ platform }) => platform))].join(", ");
    throw new UnreadableImage(`it is not made for ${wanted}${others === "" ? "" : `, but for ${others}`}`);
  });
}

async function readAll(
  text: string,
  platforms: readonly string[],
  readText: ReadText,
  depth: number,
): Promise<readonly ReadImage[]> {
  const parsed = parseManifest(text);
  if (parsed === undefined) throw new UnreadableImage("its manifest is not valid");
  if (parsed.kind === "manifest") return [await readOne(text, parsed.config, readText)];
  if (depth === MOST_DEPTH) throw new UnreadableImage("its indexes refer to each other");
  const { manifests } = parsed;
  const wanted = manifests.filter(
    ({ platform }) => platform === undefined || platforms.some((one) => isPlatform(platform, one)),
  );
  if (wanted.length === 0 && manifests.length > 0) {
    const others = [...new Set(manifests.map(({ platform }) => platform))].join(", ");
    throw new UnreadableImage(`it is not made for ${platforms.join(", ")}, but for ${others}`);
  }
  if (wanted.length > MOST_ENTRIES) throw new UnreadableImage("its index has no end");
  const read = await Promise.all(
    wanted.map(async ({ digest, platform }) => {
      try {
        const manifest = await demandText(digest, "manifest", readText);
        return await readAll(manifest, platforms, readText, depth + 1);
      } catch (error) {
        // Signatures and the like stand beside the image, for no platform.
        const isOneOfSeveral = platform === undefined && manifests.length > 1;
        if (error instanceof UnreadableImage && isOneOfSeveral) return [];
        throw error;
      }
    }),
  );
  return read.flat();
}

async function readOne(manifest: string, { digest }: Descriptor, readText: ReadText): Promise<ReadImage> {
  const config = await demandText(digest, "config", readText);
  const image = readImage(manifest, config);
  if (image !== undefined) return { ...image, texts: [manifest, config] };
  const isArtifact = parseConfig(config) === undefined;
  throw new UnreadableImage(
    isArtifact ? "it is no image" : "its manifest and its configuration do not agree",
  );
}

async function demandText(digest: Digest, kind: "manifest" | "config", readText: ReadText): Promise<string> {
  const text = await readText(digest, kind);
  if (text === undefined) throw new UnreadableImage(`its ${kind} ${digest} is not there`);
  if (digestOf(text) !== digest) throw new UnreadableImage(`its ${kind} ${digest} has other bytes`);
  return text;
}

import type { Digest } from "../../model/digest.ts";
import { isPlatform, parseConfig, parseManifest } from "../manifest.ts";
import { type ReadText, UnreadableImage } from "../read-images.ts";

/** An index may name another; more than that is a circle. */
const MOST_DEPTH = 3;

/** Far more than there are platforms. */
const MOST_ENTRIES = 64;

/** The platforms that there are images for below a manifest or an index, as far as they are there. */
export async function findPlatforms(root: string, readText: ReadText): Promise<readonly string[]> {
  const found = await platformsIn(root, readText, 0);
  return [...new Set(found)];
}

async function platformsIn(text: string, readText: ReadText, depth: number): Promise<readonly string[]> {
  const parsed = parseManifest(text);
  if (parsed === undefined || depth > MOST_DEPTH) return [];
  if (parsed.kind === "manifest") {
    const config = await readText(parsed.config.digest, "config");
    const platform = config === undefined ? undefined : parseConfig(config)?.platform;
    return platform === undefined ? [] : [platform];
  }
  if (parsed.manifests.length > MOST_ENTRIES) throw new UnreadableImage("its index has no end");
  const lists = await Promise.all(
    parsed.manifests.map(async ({ digest, platform }) =>
      platform === undefined ? below(digest, readText, depth) : [platform],
    ),
  );
  return lists.flat();
}

async function below(digest: Digest, readText: ReadText, depth: number): Promise<readonly string[]> {
  const text = await readText(digest, "manifest");
  return text === undefined ? [] : platformsIn(text, readText, depth + 1);
}

/** The platform that was asked for, or else this machine's, or else the first. */
export function choosePlatform(
  platforms: readonly string[],
  wanted: string | undefined,
  own: string,
): string {
  if (wanted !== undefined) return wanted;
  return platforms.find((one) => isPlatform(one, own)) ?? platforms[0] ?? own;
}

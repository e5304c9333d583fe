import { BUNDLE_FAMILY, openBundle, readPublicKey, type SignedStatement } from "../attestations/bundle.ts";
import { parseManifest } from "../images/manifest.ts";
import type { Digest } from "../model/digest.ts";
import type { Referrer, Repository } from "../model/registry.ts";

/** A signed statement that a registry has beside an image. */
export type StoredBundle = {
  /** Of the manifest that names it. */
  readonly digest: Digest;
  /** What it says, if it was signed with the other half of this key, which is in PEM. */
  readonly open: (publicKey: string) => SignedStatement | undefined;
};

/** More than an SBOM of a large image has, whoever wrote it. */
const MOST_BYTES = 32 << 20;

/** More than anybody signs an image. */
const MOST_BUNDLES = 256;

/** All bundles that a registry has beside an image; what cannot be read is none. */
export async function findBundles(
  subject: Digest,
  repository: Repository,
  signal: AbortSignal,
): Promise<readonly StoredBundle[]> {
  const listed = await repository.listReferrers(subject, signal);
  const read = await Promise.all(
    listed
      .filter(mayBeBundle)
      .slice(-MOST_BUNDLES)
      .map((referrer) => readBundle(referrer, repository, signal)),
  );
  return read.flatMap((bundle) => bundle ?? []);
}

/** A list that cosign wrote under the fallback tag calls its own by the type of the empty configuration. */
function mayBeBundle({ artifactType }: Referrer): boolean {
  return BUNDLE_FAMILY.test(artifactType) || /^(application\/vnd\.oci\.empty\.v1\+json)?$/.test(artifactType);
}

async function readBundle(
  { digest }: Referrer,
  repository: Repository,
  signal: AbortSignal,
): Promise<StoredBundle | undefined> {
  const manifest = parseManifest((await repository.readManifest(digest, signal)) ?? "");
  const [layer] = manifest?.kind === "manifest" ? manifest.layers : [];
  if (layer === undefined || !BUNDLE_FAMILY.test(layer.mediaType) || layer.size > MOST_BYTES)
    return undefined;
  const chunks = await repository.readBlob(layer.digest, signal);
  const text = chunks && (await textAtMost(chunks));
  if (text === undefined) return undefined;
  return {
    digest,
    open: (publicKey) => {
      const key = readPublicKey(publicKey);
      return key && openBundle(text, key);
    },
  };
}

async function textAtMost(chunks: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const read: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) return undefined;
    read.push(chunk);
  }
  return Buffer.concat(read).toString("utf8");
}

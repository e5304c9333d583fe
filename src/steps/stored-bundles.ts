import { BUNDLE_FAMILY, openBundle, readPublicKey, type SignedStatement } from "../attestations/bundle.ts";
import { parseManifest } from "../images/manifest.ts";
import type { Digest } from "../model/digest.ts";
import { inLanes } from "../model/lanes.ts";
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

/** What all bundles of an image may have together: they are in memory at the same time. */
const MOST_BYTES_TOGETHER = 64 << 20;

/** More than anybody signs an image. */
const MOST_BUNDLES = 256;

const READ_AT_ONCE = 4;

/** What may still be read, by all that read at the same time. */
type Budget = { bytes: number };

/** All bundles that a registry has beside an image; what cannot be read, or is too much, is none. */
export async function findBundles(
  subject: Digest,
  repository: Repository,
  signal: AbortSignal,
): Promise<readonly StoredBundle[]> {
  const listed = await repository.listReferrers(subject, signal);
  const budget: Budget = { bytes: MOST_BYTES_TOGETHER };
  const read = new Map<Referrer, StoredBundle>();
  const wanted = listed.filter(mayBeBundle).slice(-MOST_BUNDLES);
  // The last first: if it is too much, what was signed lately counts.
  await inLanes([...wanted].reverse(), READ_AT_ONCE, async (referrer) => {
    const bundle = await readBundle(referrer, budget, repository, signal);
    if (bundle !== undefined) read.set(referrer, bundle);
  });
  return wanted.flatMap((referrer) => read.get(referrer) ?? []);
}

/** A list that cosign wrote under the fallback tag calls its own by the type of the empty configuration. */
function mayBeBundle({ artifactType }: Referrer): boolean {
  return BUNDLE_FAMILY.test(artifactType) || /^(application\/vnd\.oci\.empty\.v1\+json)?$/.test(artifactType);
}

async function readBundle(
  { digest }: Referrer,
  budget: Budget,
  repository: Repository,
  signal: AbortSignal,
): Promise<StoredBundle | undefined> {
  const manifest = parseManifest((await repository.readManifest(digest, signal)) ?? "");
  const [layer] = manifest?.kind === "manifest" ? manifest.layers : [];
  if (layer === undefined || !BUNDLE_FAMILY.test(layer.mediaType)) return undefined;
  if (layer.size > Math.min(MOST_BYTES, budget.bytes)) return undefined;
  const chunks = await repository.readBlob(layer.digest, signal);
  const text = chunks && (await textWithin(budget, chunks));
  if (text === undefined) return undefined;
  return {
    digest,
    open: (publicKey) => {
      const key = readPublicKey(publicKey);
      return key && openBundle(text, key);
    },
  };
}

/** What is no bundle uses up the budget as well: it was read, and there may be many more. */
async function textWithin(budget: Budget, chunks: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const read: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    budget.bytes -= chunk.length;
    if (bytes > MOST_BYTES || budget.bytes < 0) return undefined;
    read.push(chunk);
  }
  return Buffer.concat(read).toString("utf8");
}

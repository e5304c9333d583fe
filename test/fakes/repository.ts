import { bytesOf, once } from "../../src/model/chunks.ts";
import { type Digest, digestOf } from "../../src/model/digest.ts";
import type { Descriptor } from "../../src/model/image.ts";
import type { Referrer, Repository } from "../../src/model/registry.ts";

export type MemoryRepository = Repository & {
  readonly blobs: Map<Digest, Uint8Array>;
  /** By digest and by tag. */
  readonly manifests: Map<string, string>;
  /** By the digest of their subject. */
  readonly referrers: Map<Digest, readonly Referrer[]>;
  /** What was asked for that changes something, in its order: `mount`, `write` `referrer` and `manifest`, with a digest or a tag. */
  readonly done: string[];
};

/** A repository of a registry in memory, which takes a manifest only if it has what that names. */
export function createMemoryRepository(name: string, replaced: Partial<Repository> = {}): MemoryRepository {
  const blobs = new Map<Digest, Uint8Array>();
  const manifests = new Map<string, string>();
  const referrers = new Map<Digest, readonly Referrer[]>();
  const done: string[] = [];
  return {
    name,
    blobs,
    manifests,
    referrers,
    done,
    findBlob: async (digest) => blobs.get(digest)?.length,
    readBlob: async (digest) => {
      const blob = blobs.get(digest);
      return blob && once(blob);
    },
    openBlob: () => Promise.reject(new Error("nobody reads a blob of this repository in parts")),
    async writeBlob({ digest, size, chunks }, _signal, onSent) {
      const bytes = await bytesOf(chunks());
      if (digestOf(bytes) !== digest || bytes.length !== size) throw new Error(`${digest} has other bytes`);
      done.push(`write ${digest}`);
      blobs.set(digest, bytes);
      onSent?.(size);
    },
    mountBlob: async () => false,
    findManifest: async (reference) => {
      const text = manifests.get(reference);
      return text === undefined ? undefined : digestOf(text);
    },
    readManifest: async (reference) => manifests.get(reference),
    async writeManifest(reference, _mediaType, text) {
      const named = [...text.matchAll(/"digest":"(sha256:[0-9a-f]{64})"/g)].map(
        ([, digest]) => digest as Digest,
      );
      const missing = named.filter((digest) => !blobs.has(digest) && !manifests.has(digest));
      if (missing.length > 0) throw new Error(`${reference} names ${missing[0]}, which is not there`);
      done.push(`manifest ${reference}`);
      manifests.set(reference, text).set(digestOf(text), text);
    },
    listReferrers: async (subject) => referrers.get(subject) ?? [],
    async writeReferrers(subject, written) {
      for (const { text, ...referrer } of written) {
        const { config, layers } = JSON.parse(text) as { config: Descriptor; layers: readonly Descriptor[] };
        const missing = [config, ...layers].find(({ digest }) => !blobs.has(digest));
        if (missing !== undefined) throw new Error(`${referrer.digest} names what is not there`);
        done.push(`referrer ${referrer.artifactType}`);
        manifests.set(referrer.digest, text);
        const others = (referrers.get(subject) ?? []).filter(({ digest }) => digest !== referrer.digest);
        referrers.set(subject, [...others, referrer]);
      }
    },
    ...replaced,
  };
}

import { once, textOf } from "../../model/chunks.ts";
import { type Digest, digestOf, isDigest } from "../../model/digest.ts";
import { NetworkError } from "../../model/host.ts";
import { type Blob, RegistryError, type Repository } from "../../model/registry.ts";
import type { SharedPlace } from "./shared-place.ts";
import { turnFaults } from "./turn-faults.ts";

/** What a manifest of ours is, for who lists a repository. */
const ARTIFACT_TYPE = "application/vnd.mlpackage.step.v1";
const RECORD_TYPE = "application/vnd.mlpackage.step.v1+json";
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

/** A configuration that says nothing (image specification, "Guidance for an empty descriptor"). */
const EMPTY = { mediaType: "application/vnd.oci.empty.v1+json", text: "{}" };

/**
 * A repository of a container registry. Contents are blobs; a record is a blob, too, and the first layer of a manifest
 * that is tagged by the key. Its other layers are the contents the record names, so that no registry takes them for
 * garbage while the tag is there.
 */
export function createSharedRepository(repository: Repository): SharedPlace {
  const { name } = repository;

  async function findRecord(key: Digest, signal: AbortSignal): Promise<Digest | undefined> {
    const text = await repository.readManifest(tagOf(key), signal);
    return text === undefined ? undefined : recordIn(text);
  }

  async function writeBytes(text: string, signal: AbortSignal): Promise<Blob> {
    const bytes = Buffer.from(text);
    const blob = { digest: digestOf(bytes), size: bytes.length };
    if ((await repository.findBlob(blob.digest, signal)) === undefined)
      await repository.writeBlob({ ...blob, chunks: () => once(bytes) }, signal);
    return blob;
  }

  return {
    name,
    read: (kind, digest, signal) =>
      faults.during(async () => {
        const blob = kind === "cas" ? digest : await findRecord(digest, signal);
        const chunks = blob === undefined ? undefined : await repository.readBlob(blob, signal);
        return chunks && faults.within(chunks);
      }),
    has: (digest, size, signal) =>
      faults.during(async () => (await repository.findBlob(digest, signal)) === size),
    write: (kind, digest, content, signal) =>
      faults.during(async () => {
        if (kind === "cas") return repository.writeBlob({ ...content, digest }, signal);
        const record = await writeBytes(await textOf(content.chunks()), signal);
        const config = await writeBytes(EMPTY.text, signal);
        const manifest = manifestOf(config, record, content.names ?? []);
        await repository.writeManifest(tagOf(digest), MANIFEST_TYPE, manifest, signal);
      }),
  };
}

function tagOf(key: Digest): string {
  return `step-${key.slice("sha256:".length)}`;
}

function manifestOf(config: Blob, record: Blob, contents: readonly Blob[]): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: ARTIFACT_TYPE,
    config: { mediaType: EMPTY.mediaType, ...config },
    layers: [
      { mediaType: RECORD_TYPE, ...record },
      ...contents.map(({ digest, size }) => ({ mediaType: "application/octet-stream", digest, size })),
    ],
  });
}

function recordIn(manifest: string): Digest | undefined {
  try {
    const { layers } = JSON.parse(manifest) as { readonly layers?: readonly Record<string, unknown>[] };
    const record = layers?.find(({ mediaType }) => mediaType === RECORD_TYPE);
    const digest = record?.digest;
    return isDigest(digest) ? digest : undefined;
  } catch {
    return undefined;
  }
}

const faults = turnFaults((error) =>
  error instanceof RegistryError || error instanceof NetworkError ? error.message : undefined,
);

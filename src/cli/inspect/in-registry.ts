import { BUNDLE_FAMILY } from "../../attestations/bundle.ts";
import { OversizedImage } from "../../images/inspect/limits.ts";
import { scanLayer } from "../../images/inspect/scan-layer.ts";
import { UnreadableImage } from "../../images/read-images.ts";
import { bytesOf } from "../../model/chunks.ts";
import type { Digest } from "../../model/digest.ts";
import { parseImageReference } from "../../model/image-reference.ts";
import type { Attestations } from "../../model/inspected-image.ts";
import { type Referrer, RegistryError, type Repository } from "../../model/registry.ts";
import { recordOf, type Serializable } from "../../model/serializable.ts";
import { type ImagePlace, MOST_TEXT_BYTES } from "./image-place.ts";

/** An image of a registry; undefined where that has none under the name. Rejects as the repository does. */
export async function inRegistry(
  name: string,
  repository: Repository,
  signal: AbortSignal,
): Promise<ImagePlace | undefined> {
  const { tag = "latest", digest: written } = parseImageReference(name);
  const root = await repository.readManifest(written ?? tag, signal);
  if (root === undefined) return undefined;
  return {
    ...{ from: "registry", root, isNear: false },
    readText: async (digest, kind) => {
      if (kind === "manifest") return repository.readManifest(digest, signal);
      const chunks = await repository.readBlob(digest, signal);
      return chunks && (await bytesOf(upTo(MOST_TEXT_BYTES, chunks))).toString("utf8");
    },
    scan: async ({ digest }, options) => {
      const chunks = await repository.readBlob(digest, signal);
      if (chunks === undefined) throw new UnreadableImage("is not there");
      return scanLayer(chunks, options);
    },
    findAttestations: (subjects) => findAttestations(root, subjects, repository, signal),
  };
}

async function* upTo(most: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > most) throw new OversizedImage(`its configuration has more than ${most} bytes`);
    yield chunk;
  }
}

async function findAttestations(
  root: string,
  subjects: readonly Digest[],
  repository: Repository,
  signal: AbortSignal,
): Promise<Attestations> {
  try {
    const lists = await Promise.all(subjects.map((subject) => repository.listReferrers(subject, signal)));
    const referrers = [...new Map(lists.flat().map((one) => [one.digest, one])).values()];
    const count = (kind: Kind) => referrers.filter((one) => kindOf(one) === kind).length;
    const tagged = await Promise.all(
      subjects.map((subject) => repository.findManifest(signatureTag(subject), signal)),
    );
    return {
      isKnown: true,
      signatures: count("signature") + tagged.filter((digest) => digest !== undefined).length,
      sboms: count("sbom"),
      provenances: count("provenance"),
      others: count("other") + countBuilders(root, subjects),
    };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return { isKnown: false, why: `the registry does not tell: ${error.message}` };
  }
}

/** Where cosign before its third version has signatures. */
function signatureTag(subject: Digest): string {
  return `${subject.replace(":", "-")}.sig`;
}

/** BuildKit names what it attests in the index itself (its "Image attestation storage"). */
function countBuilders(root: string, subjects: readonly Digest[]): number {
  const { manifests } = recordOf(JSON.parse(root) as Serializable);
  const entries: readonly Serializable[] = Array.isArray(manifests) ? manifests : [];
  return entries.filter((entry) => {
    const annotations = recordOf(recordOf(entry).annotations);
    const subject = annotations["vnd.docker.reference.digest"];
    return (
      annotations["vnd.docker.reference.type"] === "attestation-manifest" &&
      subjects.some((digest) => digest === subject)
    );
  }).length;
}

type Kind = "signature" | "sbom" | "provenance" | "other";

function kindOf({ artifactType }: Referrer): Kind {
  if (BUNDLE_FAMILY.test(artifactType) || /cosign/.test(artifactType)) return "signature";
  if (/cyclonedx|spdx/.test(artifactType)) return "sbom";
  return /in-toto|slsa/.test(artifactType) ? "provenance" : "other";
}

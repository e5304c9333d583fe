import type { Artifact } from "../../artifacts/artifact.ts";
import { type IndexEntry, readManifest } from "../../artifacts/read-artifact.ts";
import { isPlatform } from "../../images/manifest.ts";
import { Refusal, SourceFault } from "../../model/place.ts";
import type { Repository } from "../../model/registry.ts";
import type { SourceContext } from "../../model/source.ts";
import { parseOciReference } from "./reference.ts";

/** An index may name another; more than that is a circle. */
const MOST_DEPTH = 3;

/** A model, and the text of its manifest. */
export type FoundArtifact = { readonly artifact: Artifact; readonly text: string };

/**
 * The model that a reference names, or that had a digest then. Of an index, it is the one for this machine's
 * containers, or the only one. Rejects with a `SourceFault`, a `RegistryError` or a `NetworkError`.
 *
 * Errors: `source/not-in-registry`, `source/not-for-platform`, and those of `artifacts/read-artifact.ts`.
 */
export async function findArtifact(
  reference: string,
  repository: Repository,
  { host, signal }: Pick<SourceContext, "host" | "signal">,
  known?: string,
): Promise<FoundArtifact> {
  const { name = "", version = "latest" } = parseOciReference(reference) ?? {};
  let wanted = known ?? version;
  for (let depth = 0; depth < MOST_DEPTH; depth += 1) {
    const text = await repository.readManifest(wanted, signal);
    if (text === undefined) throw wordMissing(name, wanted);
    const read = readManifest(text);
    if (read.is === "artifact") return { artifact: read.artifact, text };
    wanted = choose(read.manifests, host.containerPlatform);
  }
  throw new SourceFault(
    "source/not-a-model",
    "its indexes refer to each other",
    "write the digest of one manifest: `oci://registry.example.com/team/ridge@sha256:...`",
  );
}

function choose(manifests: readonly IndexEntry[], wanted: string): string {
  const [only, ...others] = manifests;
  if (only !== undefined && others.length === 0) return only.digest;
  const fitting = manifests.find(({ platform }) => platform !== undefined && isPlatform(platform, wanted));
  if (fitting !== undefined) return fitting.digest;
  const found = manifests.map(({ platform = "any" }) => platform).join(", ");
  throw new SourceFault(
    "source/not-for-platform",
    `the index has several models, and none for ${wanted}${found === "" ? "" : `: ${found}`}`,
    "write the digest of one manifest: `oci://registry.example.com/team/ridge@sha256:...`",
  );
}

function wordMissing(name: string, wanted: string): Refusal {
  const separator = wanted.includes(":") ? "@" : ":";
  return new Refusal(404, `the registry has no \`${name}${separator}${wanted}\``, {
    code: "source/not-in-registry",
    hint: "check the name and the tag; type `docker login` if it is private, since some registries hide what is private",
  });
}

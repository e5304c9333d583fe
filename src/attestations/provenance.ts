import type { Commit } from "../model/attestation.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import { type BaseFacts, type FileFacts, hexOf, type ImageFacts, isAddress, publicAddress } from "./facts.ts";
import { condaPackageUrl, imagePackageUrl, pythonPackageUrl, systemPackagesOf } from "./package-url.ts";

/** What `externalParameters` mean, and what is done with them; the README describes it. */
const BUILD_TYPE = "pkg:npm/mlpackage#build/v1";

const BUILDER = "pkg:npm/mlpackage";

/**
 * How an image came to be, as https://slsa.dev/spec/v1.0/provenance has it. Without times and without the number of a
 * run, which it leaves to who writes it: the same commit says the same.
 */
export function provenanceOf(facts: ImageFacts): SerializableRecord {
  const { configurations, profiles, overrides, toolVersion } = facts.origin;
  const [configuration, ...overlays] = configurations.map(({ name, digest }) => ({
    name,
    digest: { sha256: hexOf(digest) },
  }));
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: {
        ...(configuration !== undefined && { configuration }),
        ...(overlays.length > 0 && { overlays }),
        ...(profiles.length > 0 && { profiles }),
        ...(Object.keys(overrides).length > 0 && { set: overrides }),
        platforms: facts.platforms.map(({ platform }) => platform),
      },
      resolvedDependencies: dependenciesOf(facts),
    },
    runDetails: { builder: { id: BUILDER, version: { mlpackage: toolVersion } } },
  };
}

/** https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md, each once. */
function dependenciesOf(facts: ImageFacts): readonly Serializable[] {
  const { commit } = facts.origin;
  const all = [
    ...(commit === undefined ? [] : [commitDependency(commit)]),
    ...baseDependencies(facts.base),
    ...facts.models.flatMap(({ name, version, source, files }) =>
      files.map((file) => ({
        ...fileDependency(`models/${name}/${version}`, file),
        ...(isAddress(source) && { uri: publicAddress(source) }),
      })),
    ),
    ...facts.code.map((file) => fileDependency("code", file)),
    ...facts.platforms.flatMap(({ platform, packages, conda }) => [
      ...systemPackagesOf(packages, platform).map(({ url }) => ({ uri: url })),
      ...conda.map((one) => ({
        uri: condaPackageUrl(one),
        digest: { sha256: hexOf(one.digest) },
        downloadLocation: one.url,
      })),
      ...packages.python.map((one) => ({
        uri: pythonPackageUrl(one),
        digest: { sha256: hexOf(one.digest) },
        ...(one.url !== undefined && { downloadLocation: publicAddress(one.url) }),
      })),
    ]),
  ];
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

function commitDependency({ id, repository }: Commit): SerializableRecord {
  return {
    ...(repository === undefined ? { name: "git" } : { uri: `git+${repository}` }),
    digest: { gitCommit: id },
  };
}

function baseDependencies(base: BaseFacts): readonly SerializableRecord[] {
  switch (base.kind) {
    case "image":
      return [
        {
          ...(base.reference.includes("@")
            ? { uri: imagePackageUrl(base.reference, base.digest) }
            : { name: base.reference }),
          digest: { sha256: hexOf(base.digest) },
        },
      ];
    case "oci-layout":
      return [{ name: `base_image/${base.path}`, digest: { sha256: hexOf(base.digest) } }];
    case "dockerfile":
      return base.files.map((file) => fileDependency("base_image", file));
  }
}

function fileDependency(folder: string, { path, digest }: FileFacts): SerializableRecord {
  return { name: `${folder}/${path}`, digest: { sha256: hexOf(digest) } };
}

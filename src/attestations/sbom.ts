import { fileOfUrl, parseCondaArchive } from "../model/conda-archive.ts";
import { digestOf } from "../model/digest.ts";
import type { LockedCondaPackage, LockedPythonPackage } from "../model/lock-file.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import {
  type BaseFacts,
  type FileFacts,
  hexOf,
  type ImageFacts,
  isAddress,
  type ModelFacts,
  type PlatformFacts,
  publicAddress,
} from "./facts.ts";
import { condaPackageUrl, imagePackageUrl, pythonPackageUrl, systemPackagesOf } from "./package-url.ts";

type Component = SerializableRecord & { readonly "bom-ref": string };

/**
 * What is in the image for one platform, as https://cyclonedx.org/docs/1.6/json/ has it. What the base image has inside
 * is not known here, and the document says so: `compositions`. The same facts give the same text.
 */
export function writeSbom(facts: ImageFacts, { platform, packages, conda }: PlatformFacts): string {
  const image = imageComponent(facts, platform);
  const base = baseComponent(facts.base, platform);
  const components = [
    base,
    ...systemPackagesOf(packages, platform).map(({ name, version, url }) => ({
      ...{ type: "library", "bom-ref": url, name, version, purl: url },
    })),
    ...conda.map(condaComponent),
    ...packages.python.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(pythonComponent),
    ...facts.models.map(modelComponent),
    ...folderComponent("mlpackage-runtime", facts.origin.toolVersion, facts.runtime),
    ...folderComponent(facts.name, undefined, facts.code),
  ];
  const content = {
    metadata: {
      timestamp: new Date(facts.sourceDateEpoch * 1000).toISOString(),
      tools: {
        components: [{ type: "application", name: "mlpackage", version: facts.origin.toolVersion }],
      },
      component: image,
    },
    components,
    dependencies: [{ ref: image["bom-ref"], dependsOn: components.map((one) => one["bom-ref"]) }],
    compositions: [{ aggregate: "incomplete", assemblies: [image["bom-ref"], base["bom-ref"]] }],
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(content))}`;
  return JSON.stringify({
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    ...{ bomFormat: "CycloneDX", specVersion: "1.6", serialNumber, version: 1 },
    ...content,
  });
}

function imageComponent({ repository, digest }: ImageFacts, platform: string): Component {
  const purl = imagePackageUrl(repository, digest, platform);
  const hashes = hashesOf(digest);
  return { type: "container", "bom-ref": purl, name: repository, version: digest, purl, hashes };
}

function baseComponent(base: BaseFacts, platform: string): Component {
  switch (base.kind) {
    case "image": {
      const [name = ""] = base.reference.split("@");
      const version = base.digest;
      // What an engine alone has is known by a name of its own, and not by the digest of a manifest.
      if (!base.reference.includes("@"))
        return { type: "container", "bom-ref": `base:${name}`, name, version };
      const purl = imagePackageUrl(base.reference, base.digest, platform);
      return { type: "container", "bom-ref": purl, name, version, purl, hashes: hashesOf(base.digest) };
    }
    case "oci-layout":
      return {
        type: "container",
        "bom-ref": `base:${base.path}`,
        name: base.path,
        version: base.digest,
      };
    case "dockerfile":
      return {
        ...{ type: "container", "bom-ref": `base:${base.path}`, name: base.path },
        components: base.files.map((file) => fileComponent("base", file)),
      };
  }
}

function pythonComponent(one: LockedPythonPackage): Component {
  const purl = pythonPackageUrl(one);
  const { name, version, digest, url } = one;
  const hashes = hashesOf(digest);
  return {
    ...{ type: "library", "bom-ref": purl, name, version, purl, hashes },
    ...(url !== undefined && {
      externalReferences: [{ type: "distribution", url: publicAddress(url), hashes }],
    }),
  };
}

function condaComponent(one: LockedCondaPackage): Component {
  const purl = condaPackageUrl(one);
  const hashes = hashesOf(one.digest);
  const version = parseCondaArchive(fileOfUrl(one.url))?.version ?? "";
  return {
    ...{ type: "library", "bom-ref": purl, name: one.name, version, purl, hashes },
    externalReferences: [{ type: "distribution", url: one.url, hashes }],
  };
}

function modelComponent({ name, version, source, files }: ModelFacts): Component {
  const ref = `model:${name}`;
  const [file, ...others] = files;
  return {
    ...{ type: "machine-learning-model", "bom-ref": ref, name, version },
    ...(file !== undefined && others.length === 0 && { hashes: hashesOf(file.digest) }),
    components: files.map((one) => fileComponent(ref, one)),
    ...(isAddress(source) && {
      externalReferences: [{ type: "distribution", url: publicAddress(source) }],
    }),
  };
}

function folderComponent(
  name: string,
  version: string | undefined,
  files: readonly FileFacts[],
): readonly Component[] {
  if (files.length === 0) return [];
  const ref = `code:${name}`;
  return [
    {
      ...{ type: "application", "bom-ref": ref, name, ...(version !== undefined && { version }) },
      components: files.map((file) => fileComponent(ref, file)),
    },
  ];
}

function fileComponent(parent: string, { path, digest }: FileFacts): Component {
  return { type: "file", "bom-ref": `${parent}/${path}`, name: path, hashes: hashesOf(digest) };
}

function hashesOf(digest: string) {
  return [{ alg: "SHA-256", content: hexOf(digest) }];
}

/** A UUID that a text decides (RFC 9562, section 5.8). */
function uuidOf(text: string): string {
  const hex = hexOf(digestOf(text));
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) % 4];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

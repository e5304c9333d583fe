import { fileOfUrl, parseCondaArchive } from "../model/conda-archive.ts";
import { parseImageReference } from "../model/image-reference.ts";
import type { LockedCondaPackage, LockedPackages, LockedPythonPackage } from "../model/lock-file.ts";

// https://github.com/package-url/purl-spec

export type SystemPackage = { readonly name: string; readonly version: string; readonly url: string };

/** Of each package that apt installed, sorted by name. */
export function systemPackagesOf(
  { systemPackages }: LockedPackages,
  platform: string,
): readonly SystemPackage[] {
  const versions = Object.values(systemPackages);
  // Ubuntu marks what it has changed, and there is hardly a set of its packages without such a one.
  const vendor = versions.some((version) => version.includes("ubuntu")) ? "ubuntu" : "debian";
  return Object.entries(systemPackages)
    .map(([written, version]) => {
      const [name = "", architecture = architectureOf(platform)] = written.split(":");
      const url = `pkg:deb/${vendor}/${encode(name)}@${encode(version)}?arch=${encode(architecture)}`;
      return { name, version, url };
    })
    .sort((a, b) => (a.url < b.url ? -1 : 1));
}

export function pythonPackageUrl({ name, version }: LockedPythonPackage): string {
  return `pkg:pypi/${encode(name)}@${encode(version)}`;
}

/** What a channel is known by is its address, as purl-spec has no name for one. */
export function condaPackageUrl({ url }: LockedCondaPackage): string {
  const archive = parseCondaArchive(fileOfUrl(url));
  const [, channel = "", subdir = ""] = /^(.*)\/([^/]+)\/[^/]+$/.exec(url) ?? [];
  if (archive === undefined) throw new Error(`${url} is no package of conda`);
  const qualifiers = `build=${encode(archive.build)}&channel=${encode(channel)}&subdir=${encode(subdir)}&type=conda`;
  return `pkg:conda/${encode(archive.name)}@${encode(archive.version)}?${qualifiers}`;
}

/** Of an image of a registry, by its digest. */
export function imagePackageUrl(reference: string, digest: string, platform?: string): string {
  const { registry, repository, tag } = parseImageReference(reference);
  const architecture = platform?.split("/")[1];
  const qualifiers = [
    ...(architecture === undefined ? [] : [`arch=${encode(architecture)}`]),
    `repository_url=${encode(`${registry}/${repository}`)}`,
    ...(tag === undefined ? [] : [`tag=${encode(tag)}`]),
  ];
  const name = repository.slice(repository.lastIndexOf("/") + 1);
  return `pkg:oci/${encode(name)}@${encode(digest)}?${qualifiers.join("&")}`;
}

/** As Debian calls them, where that is not what images do. */
const DEBIAN_ARCHITECTURES: Readonly<Record<string, string>> = {
  "386": "i386",
  arm: "armhf",
  "arm/v5": "armel",
  "arm/v6": "armel",
  "arm/v7": "armhf",
  mips64le: "mips64el",
  ppc64le: "ppc64el",
};

function architectureOf(platform: string): string {
  const [, architecture = "", variant] = platform.split("/");
  const exact = variant === undefined ? architecture : `${architecture}/${variant}`;
  return DEBIAN_ARCHITECTURES[exact] ?? DEBIAN_ARCHITECTURES[architecture] ?? architecture;
}

/** A colon stands for itself everywhere, a slash in what follows the question mark. */
function encode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%3A", ":")
    .replaceAll("%2F", "/");
}

import type { Digest } from "../model/digest.ts";

/** Where what lies in the cache folder. Two digits of a digest make a folder, so that none grows too large to list. */
export function recordPlace(directory: string, key: Digest): string {
  return `${directory}/${recordName(key)}`;
}

/** The place of a record below the cache folder, with forward slashes: its name in an archive, too. */
export function recordName(key: Digest): string {
  const hexadecimal = hexadecimalOf(key);
  return `steps/${hexadecimal.slice(0, 2)}/${hexadecimal}.json`;
}

export function blobPlace(directory: string, digest: Digest): string {
  return `${directory}/${blobName(digest)}`;
}

export function blobName(digest: Digest): string {
  const hexadecimal = hexadecimalOf(digest);
  return `blobs/${hexadecimal.slice(0, 2)}/${hexadecimal}`;
}

function hexadecimalOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}

/** What a name in the cache folder or in an archive stands for; undefined for any that we did not write. */
export function readName(
  name: string,
): { readonly kind: "record" | "blob"; readonly digest: Digest } | undefined {
  const [, kind, folder, hexadecimal = "", ending] =
    /^(steps|blobs)\/([0-9a-f]{2})\/([0-9a-f]{64})(\.json)?$/.exec(name) ?? [];
  const isRecord = kind === "steps";
  if (kind === undefined || !hexadecimal.startsWith(folder ?? "") || isRecord !== (ending !== undefined)) {
    return undefined;
  }
  return { kind: isRecord ? "record" : "blob", digest: `sha256:${hexadecimal}` };
}

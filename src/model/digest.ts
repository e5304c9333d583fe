import { createHash } from "node:crypto";
import type { Serializable, SerializableRecord } from "./serializable.ts";

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

export function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value);
}

/** The SHA-256 of some bytes, or of a text in UTF-8. */
export function digestOf(content: string | Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** A digest of bytes that come one chunk after another. */
export function startDigest(): {
  readonly update: (chunk: Uint8Array) => void;
  readonly finish: () => Digest;
} {
  const hash = createHash("sha256");
  return { update: (chunk) => void hash.update(chunk), finish: () => `sha256:${hash.digest("hex")}` };
}

/** The SHA-256 of a value's canonical JSON: object keys sorted by UTF-16 code unit, lists in their order (RFC 8785). */
export function digestOfValue(value: Serializable): Digest {
  return digestOf(canonicalJson(value));
}

/** JSON with the keys of every object sorted and no white space; equal values give equal texts. */
export function canonicalJson(value: Serializable): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  let text = "";
  if (Array.isArray(value)) {
    for (const item of value as readonly Serializable[]) text += `,${canonicalJson(item)}`;
    return `[${text.slice(1)}]`;
  }
  const record = value as SerializableRecord;
  // Sorted as it is by default: by UTF-16 code unit.
  for (const name of Object.keys(record).sort())
    text += `,${JSON.stringify(name)}:${canonicalJson(record[name] ?? null)}`;
  return `{${text.slice(1)}}`;
}

/** The first twelve hexadecimal digits: enough to tell two apart in a message. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}

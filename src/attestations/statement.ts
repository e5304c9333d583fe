import type { Digest } from "../model/digest.ts";
import type { Serializable } from "../model/serializable.ts";
import { hexOf } from "./facts.ts";

/** https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";

/** What an attestation can be about. The first is what `cosign sign` writes. */
export const PREDICATE_TYPES = {
  signature: "https://sigstore.dev/cosign/sign/v1",
  provenance: "https://slsa.dev/provenance/v1",
  sbom: "https://cyclonedx.org/bom",
} as const;

export type Subject = { readonly name: string; readonly digest: Digest };

/** Says something of an image, as in-toto does. */
export function writeStatement(
  { name, digest }: Subject,
  predicateType: string,
  predicate: Serializable,
): string {
  const subject = [{ name, digest: { sha256: hexOf(digest) } }];
  return JSON.stringify({ _type: STATEMENT_TYPE, subject, predicateType, predicate });
}

/** What a statement is about, as far as it has to be known to believe it. */
export type ReadStatement = { readonly predicateType: string; readonly subjects: readonly string[] };

/** Undefined for what is no statement; whoever wrote it may have meant no good. Subjects are SHA-256 digests. */
export function readStatement(text: string): ReadStatement | undefined {
  const { _type: type, subject, predicateType } = parseObject(text);
  if (typeof type !== "string" || !/^https:\/\/in-toto\.io\/Statement\/v(0\.1|1)$/.test(type))
    return undefined;
  if (typeof predicateType !== "string" || !Array.isArray(subject)) return undefined;
  const subjects = subject.flatMap((one: { readonly digest?: { readonly sha256?: unknown } } | null) => {
    const hex = one?.digest?.sha256;
    return typeof hex === "string" ? [`sha256:${hex}`] : [];
  });
  return { predicateType, subjects };
}

export function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

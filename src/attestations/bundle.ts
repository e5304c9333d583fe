import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { parseObject, type ReadStatement, readStatement } from "./statement.ts";

/** https://github.com/sigstore/protobuf-specs: a signed statement, as cosign 3 writes it. */
export const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** Of any version of that. */
export const BUNDLE_FAMILY = /^application\/vnd\.dev\.sigstore\.bundle(\.v|\+json)/;

/** More than a bundle has; each is checked with the whole of the payload. */
const MOST_SIGNATURES = 16;

/** What a bundle says once its signature has been found to be right. */
export type SignedStatement = ReadStatement & { readonly text: string };

/** The public key in a PEM text; undefined where there is none, or where it is the private half. */
export function readPublicKey(pem: string): KeyObject | undefined {
  // Node would take the public half out of it; whoever only verifies should not have the other.
  if (!pem.includes("-----BEGIN PUBLIC KEY-----")) return undefined;
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

/** The statement of a bundle that this key has signed; undefined for every other text. */
export function openBundle(text: string, key: KeyObject): SignedStatement | undefined {
  const { payload, payloadType, signatures } = envelopeOf(text);
  if (typeof payload !== "string" || typeof payloadType !== "string" || !Array.isArray(signatures))
    return undefined;
  if (signatures.length > MOST_SIGNATURES) return undefined;
  const content = Buffer.from(payload, "base64");
  const signed = preAuthentication(payloadType, content);
  const isRight = signatures.some(
    (one: { readonly sig?: unknown } | null) =>
      typeof one?.sig === "string" && isSignature(signed, Buffer.from(one.sig, "base64"), key),
  );
  if (!isRight || payloadType !== "application/vnd.in-toto+json") return undefined;
  const statement = content.toString("utf8");
  const read = readStatement(statement);
  return read && { ...read, text: statement };
}

function envelopeOf(text: string): Readonly<Record<string, unknown>> {
  const { dsseEnvelope } = parseObject(text);
  return typeof dsseEnvelope === "object" && dsseEnvelope !== null
    ? (dsseEnvelope as Readonly<Record<string, unknown>>)
    : {};
}

/** What is signed (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md): lengths are of bytes. */
function preAuthentication(payloadType: string, payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** The hash that goes with a key: of its curve, SHA-256 for RSA, and none of its own for Ed25519. */
function isSignature(content: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  const { namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  const hashes =
    key.asymmetricKeyType === "ed25519" ? [null] : ["sha256", ...(CURVE_HASHES[namedCurve] ?? [])];
  try {
    return hashes.some((hash) => verify(hash, content, key, signature));
  } catch {
    return false;
  }
}

/** Beside SHA-256, which cosign took for every curve before. */
const CURVE_HASHES: Readonly<Record<string, readonly string[]>> = {
  secp384r1: ["sha384"],
  secp521r1: ["sha512"],
};

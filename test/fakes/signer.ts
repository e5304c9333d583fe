import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { Signer } from "../../src/model/attestation.ts";
import { succeed } from "../../src/model/result.ts";

export type KeyPair = { readonly privateKey: KeyObject; readonly publicKey: string };

/** A pair of keys, its public half in PEM; an elliptic curve's where it is told of none. */
export function makeKeys(make = () => generateKeyPairSync("ec", { namedCurve: "P-256" })): KeyPair {
  const { privateKey, publicKey } = make();
  return { privateKey, publicKey: publicKey.export({ type: "spki", format: "pem" }).toString() };
}

/** A bundle as cosign writes it. */
export function makeBundle(
  statement: string,
  { privateKey }: KeyPair,
  hash: string | null = "sha256",
): string {
  const payloadType = "application/vnd.in-toto+json";
  const content = Buffer.from(`DSSEv1 28 ${payloadType} ${Buffer.byteLength(statement)} ${statement}`);
  return JSON.stringify({
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: { publicKey: { hint: "" } },
    dsseEnvelope: {
      payload: Buffer.from(statement).toString("base64"),
      payloadType,
      signatures: [{ sig: sign(hash, content, privateKey).toString("base64") }],
    },
  });
}

/** Signs with a key of the test's, and notes what. */
export function createSigner(keys: KeyPair): Signer & { readonly signed: string[] } {
  const signed: string[] = [];
  return {
    signed,
    publicKeyOf: async () => succeed(keys.publicKey),
    async sign({ statement }) {
      signed.push(statement);
      return succeed(makeBundle(statement, keys));
    },
  };
}

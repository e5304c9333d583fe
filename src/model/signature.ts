import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

/** Tells whether a text was signed by the other half of this Ed25519 key. */
export type VerifyingKey = { readonly verifies: (text: string, signature: string) => boolean };

/** Signs texts with Ed25519; a signature is 64 bytes in base64. */
export type SigningKey = VerifyingKey & { readonly sign: (text: string) => string };

/** The Ed25519 private key in a PEM text (PKCS #8, without a passphrase); undefined where there is none. */
export function readSigningKey(pem: string): SigningKey | undefined {
  const key = readEd25519(() => createPrivateKey(pem));
  if (key === undefined) return undefined;
  return {
    ...verifyingKey(createPublicKey(key)),
    sign: (text) => sign(null, Buffer.from(text), key).toString("base64"),
  };
}

/** The Ed25519 public key in a PEM text; undefined where there is none, or where it is the private half. */
export function readVerifyingKey(pem: string): VerifyingKey | undefined {
  // Node would take the public half out of it; whoever only reads should not have the other.
  if (pem.includes("PRIVATE KEY")) return undefined;
  const key = readEd25519(() => createPublicKey(pem));
  return key === undefined ? undefined : verifyingKey(key);
}

function readEd25519(read: () => KeyObject): KeyObject | undefined {
  try {
    const key = read();
    return key.asymmetricKeyType === "ed25519" ? key : undefined;
  } catch {
    return undefined;
  }
}

function verifyingKey(key: KeyObject): VerifyingKey {
  return {
    verifies: (text, signature) => verify(null, Buffer.from(text), key, Buffer.from(signature, "base64")),
  };
}

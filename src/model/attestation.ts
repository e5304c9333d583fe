import type { Digest } from "./digest.ts";
import type { Result } from "./result.ts";
import type { Serializable } from "./serializable.ts";

/** Where a package comes from, as its provenance tells it. There is no secret in it. */
export type Origin = {
  /** Of mlpackage. */
  readonly toolVersion: string;
  /** The configuration file as it is written, and those that were merged over it. */
  readonly configurations: readonly { readonly name: string; readonly digest: Digest }[];
  /** Those that were merged over the files. */
  readonly profiles: readonly string[];
  /** What was overridden for this run, by its place in the file; null where the value is not to be told. */
  readonly overrides: Readonly<Record<string, Serializable>>;
  /** The last commit that changed the package; absent where not all of it is committed. */
  readonly commit?: Commit;
};

export type Commit = {
  /** 40 hexadecimal digits, or 64. */
  readonly id: string;
  /** Where it can be had from: `https://git.example.com/team/diabetes.git`. */
  readonly repository?: string;
};

/** A key that signs: how the signer is to find it, and its public half in PEM. */
export type SigningKey = { readonly reference: string; readonly publicKey: string };

/** What to sign, and with what. */
export type SigningRequest = {
  /** An in-toto statement, as JSON. */
  readonly statement: string;
  readonly key: string;
  /** A folder that may be filled and is forgotten. */
  readonly workDirectory: string;
  readonly signal: AbortSignal;
};

/**
 * Who holds the keys. A key is a path relative to the package, or a reference such as `env://NAME` or
 * `awskms:///alias/NAME`.
 *
 * Errors: `sign/no-cosign`, `sign/old-cosign`, `sign/no-key`, `sign/wrong-password`, `sign/failed`.
 */
export interface Signer {
  /** The public half of a key, in PEM; proves as well that the key can be used. */
  publicKeyOf(key: string, signal: AbortSignal): Promise<Result<string>>;
  /** A Sigstore bundle, as JSON: the statement in an envelope, and its signature. */
  sign(request: SigningRequest): Promise<Result<string>>;
}

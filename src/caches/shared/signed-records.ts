import { canonicalJson, type Digest } from "../../model/digest.ts";
import { isStepOutput, type OutputFile, type StepOutput } from "../../model/outcome.ts";
import type { Serializable, SerializableRecord } from "../../model/serializable.ts";
import type { SigningKey, VerifyingKey } from "../../model/signature.ts";

/** Enters what is signed, so that no signature of ours under something else is one under a record. */
const FORMAT = "mlpackage-step-record-1";

/** More than a record of thousands of files, and less than what would hurt to read. */
export const MOST_RECORD_BYTES = 4 * 1024 * 1024;

/** Deeper than any value of ours, and no danger to what walks through it. */
const MOST_DEPTH = 64;

export type RecordProblem = "damaged" | "unsigned" | "bad-signature";

/** An output as a record others may read, signed where there is a key; undefined where it is not to be shared. */
export function sealRecord(key: Digest, output: StepOutput, signingKey?: SigningKey): string | undefined {
  const claimed = claimedOutput(output);
  if (claimed === undefined) return undefined;
  const record = { format: FORMAT, key, output: claimed as unknown as SerializableRecord };
  const signature = signingKey?.sign(canonicalJson(record));
  const text = JSON.stringify({ ...record, ...(signature !== undefined && { signature }) });
  return Buffer.byteLength(text) > MOST_RECORD_BYTES ? undefined : text;
}

/** What a record says was made under a key. With keys to trust, only a record signed by one of them says anything. */
export function openRecord(
  text: string,
  key: Digest,
  trustedKeys: readonly VerifyingKey[],
): StepOutput | RecordProblem {
  const record = parseRecord(text);
  if (record === undefined || record.format !== FORMAT || record.key !== key) return "damaged";
  const output = claimedOutput(record.output);
  if (output === undefined) return "damaged";
  const { signature, ...signed } = record;
  if (trustedKeys.length === 0) return output;
  if (typeof signature !== "string") return "unsigned";
  const bytes = canonicalJson(signed);
  return trustedKeys.some((trusted) => trusted.verifies(bytes, signature)) ? output : "bad-signature";
}

function parseRecord(text: string): SerializableRecord | undefined {
  try {
    const value = JSON.parse(text) as Serializable;
    const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
    return isRecord && isShallow(value, MOST_DEPTH) ? (value as SerializableRecord) : undefined;
  } catch {
    return undefined;
  }
}

function isShallow(value: Serializable, left: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return left > 0 && Object.values(value).every((member) => isShallow(member, left - 1));
}

/** The output in a record with what belongs to one and nothing else; undefined where it is none to be shared. */
function claimedOutput(value: unknown): StepOutput | undefined {
  if (!isStepOutput(value) || Array.isArray(value.values)) return undefined;
  const isShareable = value.files.every(isShareableFile);
  const isEachOnce = new Set(value.files.map((file) => file.path)).size === value.files.length;
  if (!isShareable || !isEachOnce) return undefined;
  const files = value.files.map(({ path, digest, size, mode }) => ({ path, digest, size, mode }));
  return { digest: value.digest, files, values: value.values };
}

/** With `origin` a file lies in the package, and not in the store: such a record is of use to nobody else. */
function isShareableFile(file: OutputFile): boolean {
  const { path, size, mode } = file;
  return (
    !("origin" in file) &&
    isInside(path) &&
    Number.isSafeInteger(size) &&
    size >= 0 &&
    (mode === 0o644 || mode === 0o755)
  );
}

/** Whether a path is relative, with forward slashes, and leads nowhere else. */
function isInside(path: string): boolean {
  const parts = path.split("/");
  return !/[\\\0]/.test(path) && parts.every((part) => part !== "" && part !== "." && part !== "..");
}

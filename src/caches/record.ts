import { type Digest, digestOfValue } from "../model/digest.ts";
import { isStepOutput, type OutputFile, type StepOutput } from "../model/outcome.ts";
import type { SerializableRecord } from "../model/serializable.ts";

/** Raised when a record means something else than before; one of another format is not read, and replaced by what is made under its key. */
const FORMAT = 1;

/** `check` is the digest of the rest: a record names no bytes of its own that would be hashed, so it is hashed itself. */
type StoredRecord = {
  readonly format: typeof FORMAT;
  readonly key: Digest;
  readonly output: StepOutput;
  readonly check: Digest;
};

/** The text of a record, one line of JSON. */
export function writeRecord(key: Digest, output: StepOutput): string {
  return JSON.stringify({ format: FORMAT, key, output, check: checkOf(key, output) } satisfies StoredRecord);
}

/** The output that a text records under a key; `foreign` is a record of another version of this program. */
export function readRecord(text: string, key: Digest): StepOutput | "foreign" | "damaged" {
  const record = parseObject(text) as Partial<StoredRecord>;
  if (typeof record.format === "number" && record.format !== FORMAT) return "foreign";
  const { format, key: recordedKey, output, check } = record;
  const isWhole =
    format === FORMAT && recordedKey === key && isStepOutput(output) && output.files.every(isInside);
  return isWhole && check === checkOf(key, output) ? output : "damaged";
}

/** Whether a file's path stays below the folder it is put into: a record may come from elsewhere. */
function isInside({ path, origin = "" }: OutputFile): boolean {
  return [path, origin].every(
    (one) => !one.startsWith("/") && !one.includes("\0") && !one.split("/").includes(".."),
  );
}

function checkOf(key: Digest, output: StepOutput): Digest {
  return digestOfValue({ key, output: output as unknown as SerializableRecord });
}

function parseObject(text: string): object {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

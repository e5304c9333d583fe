import { type Digest, digestOf } from "../model/digest.ts";
import { isStepOutput, type OutputFile, type StepOutput } from "../model/outcome.ts";

/** Raised when a record means something else than before; one of another format is not read, and replaced by what is made under its key. */
const FORMAT = 2;

type StoredRecord = {
  readonly format: typeof FORMAT;
  readonly key: Digest;
  readonly output: StepOutput;
};

/**
 * The text of a record: a line of JSON, and a line with its digest. What a step made is named by the digests of its
 * bytes; a record is named by its key, so it says itself what it should look like.
 */
export function writeRecord(key: Digest, output: StepOutput): string {
  const record = JSON.stringify({ format: FORMAT, key, output } satisfies StoredRecord);
  return `${record}\n${digestOf(record)}`;
}

/** The output that a text records under a key; `foreign` is a record of another version of this program. */
export function readRecord(text: string, key: Digest): StepOutput | "foreign" | "damaged" {
  const [line = "", check] = text.split("\n");
  const { format, key: recordedKey, output } = parseObject(line) as Partial<StoredRecord>;
  if (typeof format === "number" && format !== FORMAT) return "foreign";
  const isWhole = check === digestOf(line) && recordedKey === key;
  return isWhole && isStepOutput(output) && output.files.every(isInside) ? output : "damaged";
}

/** Whether a file's path stays below the folder it is put into: a record may come from elsewhere. */
function isInside({ path, origin = "" }: OutputFile): boolean {
  return [path, origin].every(
    (one) => !one.startsWith("/") && !one.includes("\0") && !one.split("/").includes(".."),
  );
}

function parseObject(text: string): object {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

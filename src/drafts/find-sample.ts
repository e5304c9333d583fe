import { readSignature } from "../config/read-signature.ts";
import { parseDocument } from "../document/parse.ts";
import type { TestRequest } from "../model/config.generated.ts";
import type { Files } from "../model/host.ts";
import { recordOf, type Serializable } from "../model/serializable.ts";
import type { FoundModel } from "./find-models.ts";
import { rowOf } from "./frameworks.ts";

/** A request that the service answers, and where it is from. */
export type Sample = { readonly request: TestRequest; readonly from: string };

const SAMPLE_FILE = "sample-request.json";
/** More than this is no sample. */
const MOST_BYTES = 64 << 10;

/** One that somebody has put there. */
export async function findSampleFile(
  directory: string,
  folders: readonly string[],
  files: Files,
): Promise<Sample | undefined> {
  for (const folder of folders) {
    const path = folder === "." ? SAMPLE_FILE : `${folder}/${SAMPLE_FILE}`;
    if (await isSmallFile(`${directory}/${path}`, files))
      return { request: { body_file: path }, from: `The request of ${SAMPLE_FILE}.` };
  }
  return undefined;
}

/** One for a model that a script of mlpackage's serves. */
export async function findServedSample(
  directory: string,
  { source, served, facts }: FoundModel,
  files: Files,
): Promise<Sample | undefined> {
  if (served?.mlflow === undefined) {
    const { sample } = rowOf(facts);
    return sample === undefined ? undefined : { request: { body: sample }, from: ZEROS };
  }
  // What MLflow keeps of the example that a model was logged with, in the form that its server takes.
  const example = `${source}/serving_input_example.json`;
  if (await isSmallFile(`${directory}/${example}`, files))
    return { request: { body_file: example }, from: "The example that the model was logged with." };
  const body = rowOfSignature(await files.readText(`${directory}/${source}/MLmodel`));
  return body === undefined ? undefined : { request: { body }, from: ZEROS };
}

export const ZEROS =
  "The row is made up: put one in that you know the answer to, and the answer as `expect: {json: ...}`.";

const MOST_COLUMNS = 500;

function rowOfSignature(text: string): Serializable | undefined {
  const parsed = parseDocument({ path: "MLmodel", text });
  const signature = readSignature(parsed.ok ? recordOf(parsed.value.value).signature : undefined);
  if (signature === undefined) return undefined;
  const { columns, types } = signature;
  const row = columns.map((_, index) => zeroOf(types[index] ?? ""));
  if (columns.length === 0 || columns.length > MOST_COLUMNS || row.includes(null)) return undefined;
  return { dataframe_split: { columns, data: [row] } };
}

function zeroOf(type: string): Serializable {
  if (/^u?int|^float/.test(type)) return 0;
  if (type === "bool") return false;
  return type === "object" ? "" : null;
}

async function isSmallFile(place: string, files: Files): Promise<boolean> {
  try {
    const status = await files.status(place);
    return status?.type === "file" && status.size <= MOST_BYTES;
  } catch {
    return false;
  }
}

import type { Source } from "../model/source.ts";
import { azureBlobSource } from "./azure-blob.ts";
import { azureMlSource } from "./azureml.ts";
import { fileSource } from "./file.ts";
import { gcsSource } from "./gcs.ts";
import { httpSource } from "./http.ts";
import { huggingFaceSource } from "./hugging-face.ts";
import { createMlflowSource } from "./mlflow.ts";
import { ociSource } from "./oci.ts";
import { s3Source } from "./s3.ts";

const SOURCES: readonly Source[] = [
  fileSource,
  httpSource,
  huggingFaceSource,
  ociSource,
  s3Source,
  gcsSource,
  azureBlobSource,
  azureMlSource,
  createMlflowSource((uri) => sourceOf(uri)),
];

const SOURCE_BY_SCHEME = new Map(
  SOURCES.flatMap((source) => source.schemes.map((scheme) => [scheme, source])),
);

/** The schemes a reference may have; the empty one is a path. */
export const KNOWN_SCHEMES: readonly string[] = [...SOURCE_BY_SCHEME.keys()];

/** The source that answers for a reference's scheme; undefined where none does. */
export function sourceOf(reference: string): Source | undefined {
  return SOURCE_BY_SCHEME.get(schemeOf(reference));
}

export function schemeOf(reference: string): string {
  return /^([a-z][a-z0-9+.-]*):/i.exec(reference)?.[1]?.toLowerCase() ?? "";
}

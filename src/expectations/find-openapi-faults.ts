import openApi from "@seriousme/openapi-schema-validator/schemas/v3.1/schema.json" with { type: "json" };
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import {
  compileMetaSchema,
  DIALECT,
  findBadPatterns,
  findBrokenReferences,
  type SchemaVerdict,
  wordAt,
} from "./json-schema.ts";
import { placeIn } from "./place.ts";
import { withinTime } from "./within-time.ts";

/** All that makes a value no OpenAPI 3.1 document: by the schema of OpenAPI, by that of its schemas, by its references. */
export function findOpenApiFaults(value: Serializable): SchemaVerdict {
  const verdict = compileMetaSchema(withSchemas())(value, (segments) => placeIn(value, segments));
  if (typeof verdict === "string" || verdict.faults.length > 0) return verdict;
  const document = value as SerializableRecord;
  const faults = withinTime(() =>
    [...findBadPatterns(document), ...findBrokenReferences(document)].map((fault) => wordAt(fault, document)),
  );
  return faults === undefined ? "late" : { faults };
}

/** The schema of OpenAPI leaves the schemas in a document open, which may be of any dialect. Ours are of one. */
function withSchemas(): SerializableRecord {
  return {
    ...openApi,
    properties: { ...openApi.properties, jsonSchemaDialect: { enum: DIALECTS } },
    $defs: { ...openApi.$defs, schema: { $ref: DIALECT } },
  };
}

/** OpenAPI's own are JSON Schema with words added that ask for nothing. */
const DIALECTS = [
  DIALECT,
  "https://spec.openapis.org/oas/3.1/dialect/base",
  "https://spec.openapis.org/oas/3.1/dialect/2024-11-10",
];

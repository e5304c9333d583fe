import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import { resolvePointer } from "./json-schema.ts";

/** What of an operation a message must fit; without a schema, nothing is said but its type. */
export type MediaType = { readonly schema?: Serializable };

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/** What a valid document says of a method of a path. A path that is written out goes before one with variables. */
export function findOperation(
  document: SerializableRecord,
  method: string,
  path: string,
): SerializableRecord | undefined {
  const paths = asRecord(document.paths);
  const template = Object.hasOwn(paths, path) ? path : Object.keys(paths).find((one) => isMatch(one, path));
  if (template === undefined) return undefined;
  const operation = follow(document, paths[template])?.[method.toLowerCase()];
  return operation === undefined ? undefined : asRecord(operation);
}

/** Every operation of a document, such as `POST /score`. */
export function listOperations(document: SerializableRecord): readonly string[] {
  return Object.entries(asRecord(document.paths)).flatMap(([path, item]) => {
    const described = follow(document, item) ?? {};
    return METHODS.filter((method) => method in described).map((method) => `${method.toUpperCase()} ${path}`);
  });
}

/** What is said of the answers with a status: of it, of all that begin like it, or of all others. */
export function findResponse(
  document: SerializableRecord,
  operation: SerializableRecord,
  status: number,
): SerializableRecord | undefined {
  const responses = asRecord(operation.responses);
  return follow(
    document,
    responses[status] ?? responses[`${status}`.replace(/..$/, "XX")] ?? responses.default,
  );
}

export function findRequestBody(
  document: SerializableRecord,
  operation: SerializableRecord,
): SerializableRecord | undefined {
  return follow(document, operation.requestBody);
}

/** What is said of a content type in a `content`: of it, of all of its kind, or of all. */
export function findMediaType(content: SerializableRecord, type: string): MediaType | undefined {
  const known = new Map(Object.entries(content).map(([range, described]) => [essenceOf(range), described]));
  const essence = essenceOf(type);
  const found = known.get(essence) ?? known.get(essence.replace(/\/.*$/s, "/*")) ?? known.get("*/*");
  return found === undefined ? undefined : asRecord(found);
}

/** A content type without its parameters, as it is compared. */
export function essenceOf(type: string): string {
  return type.replace(/;.*$/s, "").trim().toLowerCase();
}

/** By parts, so that no path is gone through twice. */
function isMatch(template: string, path: string): boolean {
  const [wanted, got] = [template.split("/"), path.split("/")];
  return (
    wanted.length === got.length &&
    wanted.every((part, index) => (isVariable(part) ? got[index] !== "" : part === got[index]))
  );
}

function isVariable(part: string): boolean {
  const begin = part.indexOf("{");
  return begin >= 0 && part.includes("}", begin);
}

const MOST_REFERENCES = 100;

function follow(
  document: SerializableRecord,
  described: Serializable | undefined,
): SerializableRecord | undefined {
  let node = described;
  for (let count = 0; count < MOST_REFERENCES; count += 1) {
    if (node === undefined) return undefined;
    const { $ref: reference } = asRecord(node);
    if (typeof reference !== "string") return asRecord(node);
    node = resolvePointer(document, reference);
  }
  return undefined;
}

export function asRecord(value: Serializable | undefined): SerializableRecord {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as SerializableRecord)
    : {};
}

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findOpenApiFaults } from "../../src/expectations/find-openapi-faults.ts";
import { findMediaType, findOperation, findResponse } from "../../src/expectations/openapi-operation.ts";
import type { Serializable, SerializableRecord } from "../../src/model/serializable.ts";

const test = suite("OpenAPI");

const head = { openapi: "3.1.0", info: { title: "a", version: "1" } };
const response = { description: "an answer" };

const valid: Readonly<Record<string, SerializableRecord>> = {
  "no path": { ...head, paths: {} },
  "references, in a circle as well": {
    ...head,
    jsonSchemaDialect: "https://spec.openapis.org/oas/3.1/dialect/base",
    paths: { "/a~b/{id}": { get: { responses: { 200: { $ref: "#/components/responses/a%2Eb" } } } } },
    components: {
      responses: { "a.b": response },
      schemas: { node: { properties: { next: { $ref: "#/components/schemas/node" } } } },
    },
  },
  "an example that looks like a schema": {
    ...head,
    components: { schemas: { a: { type: "object", example: { pattern: "(", $ref: "#/none" } } } },
  },
};

for (const [what, document] of Object.entries(valid))
  test(`valid: ${what}`, () => assert.equal(findOpenApiFaults(document), { faults: [] }));

const withSchema = (schema: SerializableRecord) => ({ ...head, components: { schemas: { row: schema } } });
const ROW = "$.components.schemas.row";

const invalid: readonly (readonly [document: Serializable, ...faults: readonly string[]])[] = [
  [1, "$: must be object, got 1"],
  [{ ...head, info: { version: "1" }, paths: {} }, "$.info.title: is missing"],
  [{ ...head, paths: {}, path: {} }, "$.path: not expected by the schema"],
  [{ ...head, paths: { score: {} } }, "$.paths.score: not expected by the schema"],
  [
    { ...head, paths: { "/score": { post: { responses: { 200: {} } } } } },
    "$.paths['/score'].post.responses['200'].description: is missing",
  ],
  [
    { ...head, paths: { "/": { get: { responses: { 200: { $ref: "#/components/responses/none" } } } } } },
    "$.paths['/'].get.responses['200']['$ref']: `#/components/responses/none` does not exist in the document",
  ],
  [
    withSchema({ type: "strin" }),
    `${ROW}.type: must be one of "array", "boolean", "integer", "null", "number", "object", "string", got "strin"`,
  ],
  [
    withSchema({ properties: { a: { minimum: "3" } } }),
    `${ROW}.properties.a.minimum: must be number, got "3"`,
  ],
  [withSchema({ pattern: "(" }), `${ROW}.pattern: \`(\` is not a regular expression: Unterminated group`],
  [
    withSchema({ items: { $ref: "http://127.0.0.1:1/a.json" } }),
    `${ROW}.items['$ref']: \`http://127.0.0.1:1/a.json\` does not exist in the document`,
  ],
];

for (const [document, ...faults] of invalid)
  test(`invalid: ${faults[0]}`, () => assert.equal(findOpenApiFaults(document), { faults }));

test("schemas of another dialect are not read by the words of ours", () => {
  const verdict = findOpenApiFaults({
    ...head,
    paths: {},
    jsonSchemaDialect: "http://json-schema.org/draft-07/schema#",
  });
  assert.ok(
    typeof verdict !== "string" && verdict.faults[0]?.startsWith("$.jsonSchemaDialect: must be one of "),
  );
});

const named = (operationId: string) => ({ operationId });

test("a path that is written out goes before one with variables", () => {
  const document = {
    paths: {
      "/v2/{name}/infer": { post: named("any"), $ref: "#/components/pathItems/a" },
      "/v2/mine/infer": { post: named("mine") },
      "/a": { $ref: "#/components/pathItems/a" },
      "/circle": { $ref: "#/paths/~1circle" },
    },
    components: { pathItems: { a: { get: named("referred to") } } },
  };
  const found = (method: string, path: string) => findOperation(document, method, path)?.operationId;
  assert.is(found("POST", "/v2/mine/infer"), "mine");
  assert.is(found("GET", "/v2/other/infer"), "referred to");
  assert.is(found("GET", "/a"), "referred to");
  for (const path of ["/v2//infer", "/v2/a/b/infer", "/circle", "/none", "constructor"])
    assert.is(found("GET", path), undefined);
});

test("a status is looked for by itself, by its kind, and among all others", () => {
  const operation = { responses: { 200: named("200"), "4XX": named("4XX"), default: named("default") } };
  const found = (status: number) => findResponse({}, operation, status)?.operationId;
  assert.equal([200, 201, 404, 500].map(found), ["200", "default", "4XX", "default"]);
  assert.is(findResponse({}, { responses: { 200: {} } }, 404), undefined);
});

test("a content type is looked for by itself, by its kind, and among all", () => {
  const content = { "Application/JSON; charset=utf-8": { schema: 1 }, "text/*": { schema: 2 } };
  const found = (type: string) => findMediaType(content, type)?.schema;
  assert.equal(["application/json", "text/csv;header=present", "image/png"].map(found), [1, 2, undefined]);
  assert.equal(findMediaType({ "*/*": { schema: 3 } }, ""), { schema: 3 });
});

test.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SerializableRecord } from "../../src/model/serializable.ts";
import type { Answer } from "../../src/steps/compare-answer.ts";
import { prepareSwagger, type Sent } from "../../src/steps/compare-swagger.ts";

const test = suite("compareSwagger");

const json = (schema: SerializableRecord | boolean) => ({ "application/json": { schema } });
const scores = { type: "array", items: { $ref: "#/components/schemas/score" } };

const post = {
  requestBody: { required: true, content: json({ type: "object", required: ["rows"] }) },
  responses: {
    200: { description: "scores", content: { ...json(scores), "text/csv": { schema: { pattern: "^id," } } } },
    default: { description: "an error", content: json({ required: ["message"] }) },
  },
};

const document = {
  openapi: "3.1.0",
  info: { title: "a", version: "1" },
  paths: {
    "/score": { post },
    "/health": { get: { responses: { 200: { description: "nothing more" } } } },
    "/picture": {
      get: { responses: { 200: { description: "a", content: { "image/*": { schema: false } } } } },
    },
    "/circle": {
      get: {
        responses: { 200: { description: "a", content: json({ $ref: "#/components/schemas/circle" }) } },
      },
    },
    "/slow": { get: { responses: { 200: { description: "a", content: json({ pattern: "^(a+)+$" }) } } } },
    "/outside": {
      get: { responses: { 200: { description: "a", content: json({ $ref: "file:///etc/passwd" }) } } },
    },
  },
  components: {
    schemas: { score: { type: "string" }, circle: { not: { $ref: "#/components/schemas/circle" } } },
  },
};

const compare = prepareSwagger(document);

const rows: Sent = { method: "POST", path: "/score", type: "application/json", content: '{"rows": []}' };
const answer: Answer = {
  status: 200,
  headers: { "content-type": "application/json; charset=utf-8" },
  text: '["a", "b"]',
  latencyMs: 1,
};

function get(path: string): Sent {
  return { method: "GET", path };
}

const ofType = (type: string, text: string): Partial<Answer> => ({ headers: { "content-type": type }, text });

type Row = readonly [what: string, sent: Partial<Sent>, got: Partial<Answer>, ...messages: readonly string[]];

const UNFIT = "does not fit what `/swagger.json` says of it:";

const table: readonly Row[] = [
  ["both fit", {}, {}],
  ["a body of bytes", { content: new TextEncoder().encode('{"rows": 1}') }, {}],
  ["a place of the answer", {}, { text: '["a", 1]' }, `the answer ${UNFIT} $[1]: must be string, got 1`],
  ["several", {}, { text: "[1, 2]" }, `the answer ${UNFIT} $[0]: must be string, got 1; 2 places differ`],
  ["no JSON", {}, { text: "a" }, "the answer is no JSON"],
  ["a request", { content: "{}" }, {}, `the request ${UNFIT} $.rows: is missing`],
  ["a request that is no JSON", { content: "{" }, {}, "the request is no JSON"],
  [
    "no body",
    { content: undefined },
    {},
    "the request has no body, and `/swagger.json` says that `POST /score` needs one",
  ],
  [
    "a body of another type",
    { type: "text/plain" },
    {},
    "`/swagger.json` says nothing of a request `POST /score` in `text/plain`",
  ],
  ["one that is refused", { content: "{}" }, { status: 400, text: '{"message": "no rows"}' }],
  ["an error", {}, { status: 500, text: "{}" }, `the answer ${UNFIT} $.message: is missing`],
  ["a text", {}, ofType("text/csv", "id,score")],
  [
    "another text",
    {},
    ofType("text/csv", "score"),
    `the answer ${UNFIT} $: must match pattern "^id,", got "score"`,
  ],
  [
    "a type that is not described",
    {},
    ofType("text/html", "<html>"),
    "`/swagger.json` says nothing of an answer to `POST /score` in `text/html`",
  ],
  [
    "no type",
    {},
    { headers: {} },
    "`/swagger.json` says nothing of an answer to `POST /score` without a content type",
  ],
  ["another path", { path: "/scores" }, {}, "`/swagger.json` says nothing of `POST /scores`"],
  ["another method", { method: "PUT" }, {}, "`/swagger.json` says nothing of `PUT /score`"],
  ["an answer of which nothing is said", get("/health"), { text: "1" }],
  ["bytes", get("/picture"), ofType("image/png", "\u0000")],
  [
    "another status",
    get("/health"),
    { status: 503 },
    "`/swagger.json` says nothing of status 503 of `GET /health`",
  ],
  [
    "a body where none is described",
    { ...get("/health"), content: "1" },
    {},
    "`/swagger.json` says nothing of a body of `GET /health`",
  ],
  [
    "a schema that never ends",
    get("/circle"),
    {},
    "what `/swagger.json` says of an answer to `GET /circle` cannot be used: the schema's references form a loop that never reaches a part of the answer",
  ],
  [
    "a pattern that goes back and forth",
    get("/slow"),
    { text: `"${"a".repeat(60)}!"` },
    "comparing the answer with what `/swagger.json` says of it takes too long",
  ],
];

for (const [what, sent, got, ...messages] of table) {
  test(what, () => {
    const base = sent.method === "GET" ? {} : rows;
    const failures = compare({ ...base, ...sent } as Sent, { ...answer, ...got });
    assert.equal(
      failures.map(({ message }) => message),
      messages,
    );
  });
}

test("nothing is read that is not in the document", () => {
  const [failure] = compare(get("/outside"), answer);
  assert.match(
    failure?.message ?? "",
    "what `/swagger.json` says of an answer to `GET /outside` cannot be used: ",
  );
  assert.match(failure?.message ?? "", "`file:///etc/passwd` does not exist in the schema");
});

test("what it does say is told beside what it does not", () => {
  const [failure] = compare({ method: "POST", path: "/" }, answer);
  assert.equal(failure?.excerpt, [
    "it says something of `POST /score`, `GET /health`, `GET /picture`, `GET /circle`, `GET /slow`, `GET /outside`",
  ]);
});

test.run();

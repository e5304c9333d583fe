import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parentPointer, pointerTo, segmentsOf } from "../../src/document/locate.ts";
import { parseDocument } from "../../src/document/parse.ts";
import type { Diagnostic } from "../../src/model/diagnostic.ts";
import type { Serializable, SerializableRecord } from "../../src/model/serializable.ts";
import { diagnosticsOf, readText } from "./read-fixture.ts";

const test = suite("injection");
const root = new URL("../../", import.meta.url);

const evil = [
  "x\nRUN rm -rf /",
  "x\r\nRUN rm -rf /",
  "x\rRUN",
  "\nUSER root",
  "x\n",
  "x\u0085RUN",
  "x\u2028RUN",
  "x\u001b[31m",
  "x\u007f",
];

/** What is sent to the service and compared with its answer: it reaches no Dockerfile and no command line. */
const harmless = [
  /^\/tests\/\d+\/(request|requests\/\d+)\/body(\/|$)/,
  /^\/tests\/\d+\/(requests\/\d+\/)?expect\/((json|contains|select)(\/|$)|schema\/)/,
];

/** Together they have every key of the schema, and every form that a key may have. */
const files: readonly SerializableRecord[] = [
  everything(),
  {
    name: "demo",
    models: ["a.pkl", "https://example.com/b.pkl", { source: "c.tar.gz", unpack: true }],
    base_image: "python:3.12",
    inference: "score.py",
  },
  {
    name: "demo",
    base_image: { image: "python:3.12" },
    environment: { python: { requirements: ["numpy"] } },
    inference: { command: ["serve", "now"], source_directory: "src", port: 80 },
  },
  {
    name: "demo",
    environment: { python: { requirements: "uv.lock", extras: ["serve"], groups: ["gpu"] } },
    inference: "score.py",
  },
  {
    name: "demo",
    base_image: "python:3.12",
    environment: { conda: "conda.yaml" },
    inference: "score.py",
  },
  {
    name: "demo",
    base_image: { oci_layout: "base.oci.tar" },
    inference: { command: ["serve"] },
    build: { compression: "gzip", source_date_epoch: "${EPOCH:-1700000000}" },
  },
  {
    name: "demo",
    environment: { python: { requirements: ["numpy"] } },
    inference: { command: ["serve"] },
    build: {
      secrets: [
        { id: "pip", env: "PIP_TOKEN", host: "pypi.example.com", username: "__token__" },
        { id: "other", file: "~/.token", host: "packages.example.org" },
      ],
      cache_from: ["type=local,src=cache", { type: "registry", ref: "registry.example.com/cache" }],
      cache_to: ["registry.example.com/cache:1", { type: "local", dest: "cache", mode: "max" }],
    },
  },
  {
    name: "demo",
    inference: { command: ["serve"] },
    tests: [
      { name: "one", repeat: 3, expect: { schema: "answer.schema.json", max_latency: { p95: "1s" } } },
      { name: "as described", expect: { swagger: true } },
      {
        name: "two",
        requests: [
          { path: "/a", headers: { accept: "*/*" }, body_file: "a.npy", expect: { json: 1, select: "$.a" } },
          { method: "PUT", body: "a", repeat: 2, expect: { headers: { a: "b" }, schema: { type: "array" } } },
        ],
      },
    ],
  },
];

test("the files have every key of the schema", () => {
  const schema = JSON.parse(readFileSync(new URL("mlpackage.schema.json", root), "utf8"));
  const used = new Set(files.flatMap((file) => leavesOf(file).flatMap((pointer) => segmentsOf(pointer))));
  const keys = keysOf(schema);
  assert.ok(keys.length > 40, `the schema has only ${keys.length} keys`);
  assert.equal(
    // What a profile holds is looked at where it has been merged with the rest.
    keys.filter((key) => !used.has(key) && key !== "profiles"),
    [],
  );
});

for (const [index, file] of files.entries()) {
  const pointers = leavesOf(file).filter((pointer) => typeof valueAt(file, pointer) === "string");

  test(`file ${index} is right as it is`, () => {
    assert.equal(diagnosticsOf(readText(JSON.stringify(file))), []);
    assert.ok(pointers.length > 3);
  });

  for (const pointer of pointers) {
    test(`file ${index}: no line break gets in through ${pointer}`, () => {
      for (const text of evil) {
        assertRefused(pointer, diagnosticsOf(readText(JSON.stringify(replaceAt(file, pointer, text)))));
      }
    });
  }

  for (const pointer of pointers) {
    test(`file ${index}: no line break gets in through a variable in ${pointer}`, () => {
      const text = JSON.stringify(replaceAt(file, pointer, "${EVIL}"));
      assertRefused(pointer, diagnosticsOf(readText(text, { variables: { EVIL: "x\nRUN rm -rf /" } })));
    });
  }

  for (const pointer of pointers.filter(isInFreeMapping)) {
    test(`file ${index}: no line break gets in through the key ${pointer}`, () => {
      for (const text of evil) {
        const parent = parentPointer(pointer);
        const renamed = replaceAt(file, parent, { [text]: "value" });
        assertRefused(pointerTo(parent, text), diagnosticsOf(readText(JSON.stringify(renamed))));
      }
    });
  }
}

function assertRefused(pointer: string, diagnostics: readonly Diagnostic[]): void {
  const errors = diagnostics.filter(({ severity, path }) => severity === "error" && path === pointer);
  if (harmless.some((pattern) => pattern.test(pointer))) assert.equal(diagnostics, []);
  else
    assert.is.not(
      errors.length,
      0,
      `${pointer} is let through: ${JSON.stringify(diagnostics.map(({ path }) => path))}`,
    );
  assert.ok(errors.every(({ location }) => location !== undefined && location.range.start > 0));
}

function everything(): SerializableRecord {
  const text = readFileSync(new URL("fixtures/valid/everything/mlpackage.yaml", root), "utf8");
  const parsed = parseDocument({ path: "mlpackage.yaml", text });
  if (!parsed.ok) throw new Error("the fixture cannot be read");
  return parsed.value.value as SerializableRecord;
}

function isInFreeMapping(pointer: string): boolean {
  return /\/(variables|labels|headers|build_args)\/[^/]+$/.test(pointer);
}

/** Every key that some object of a schema may have. */
function keysOf(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(keysOf);
  if (node === null || typeof node !== "object") return [];
  const { properties = {}, ...rest } = node as { readonly properties?: object };
  return [
    ...Object.keys(properties),
    ...[...Object.values(properties), ...Object.values(rest)].flatMap(keysOf),
  ];
}

function leavesOf(value: Serializable, pointer = ""): readonly string[] {
  if (value === null || typeof value !== "object") return [pointer];
  return Object.entries(value).flatMap(([key, member]) => leavesOf(member, pointerTo(pointer, key)));
}

function valueAt(value: Serializable, pointer: string): Serializable | undefined {
  return segmentsOf(pointer).reduce<Serializable | undefined>(
    (node, segment) => (node as SerializableRecord | undefined)?.[segment],
    value,
  );
}

function replaceAt(value: SerializableRecord, pointer: string, replacement: Serializable): Serializable {
  const copy = structuredClone(value) as SerializableRecord;
  const holder = valueAt(copy, parentPointer(pointer)) as Record<string, Serializable>;
  holder[segmentsOf(pointer).at(-1) ?? ""] = replacement;
  return copy;
}

test.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCheckedConfig } from "../../src/config/read-config.ts";
import { parseDocument } from "../../src/document/parse.ts";
import type { Config } from "../../src/model/config.ts";
import type { Files } from "../../src/model/host.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { diagnosticsOf, readText } from "./read-fixture.ts";

const test = suite("readConfig");
const command = "name: demo\ninference: {command: [serve]}\n";

function configOf(text: string, variables: Readonly<Record<string, string>> = {}): Config {
  const result = readText(text, { variables });
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
  return result.value;
}

const methods: readonly (readonly [request: string, method: string])[] = [
  ["{}", "POST"],
  ["{path: /score}", "POST"],
  ["{path: /}", "GET"],
  ["{path: /, body: 1}", "POST"],
  ["{path: /, body: null}", "POST"],
  ["{path: /, body_file: body.json}", "POST"],
  ["{path: /score, method: GET}", "GET"],
];

for (const [request, method] of methods) {
  test(`the method of ${request} is ${method}`, () => {
    assert.is(configOf(`${command}tests: [{request: ${request}}]`).tests[0]?.request.method, method);
  });
}

const durations: readonly (readonly [written: string, milliseconds: number])[] = [
  ["0s", 0],
  ["500ms", 500],
  ["300s", 300_000],
  ["5m", 300_000],
  ["1h", 3_600_000],
];

for (const [written, milliseconds] of durations) {
  test(`${written} is ${milliseconds} ms`, () => {
    const config = configOf(`${command}tests: [{expect: {max_latency: ${written}}}]`);
    assert.is(config.tests[0]?.expect.maxLatencyMs, milliseconds);
  });
}

const names: readonly (readonly [source: string, name: string])[] = [
  ["ridge.pkl", "ridge"],
  ["./models/ridge.v2.pkl", "ridge.v2"],
  ["models/bert/", "bert"],
  ["model", "model"],
  ["https://example.com/a/ridge.pkl?x=/b.c#d", "ridge"],
  ["hf://org/bert", "bert"],
];

for (const [source, name] of names) {
  test(`the model of ${source} is called ${name}`, () => {
    assert.is(configOf(`${command}models: ["${source}"]`).models[0]?.name, name);
  });
}

const references: readonly (readonly [reference: string, isRight: boolean])[] = [
  ["python", true],
  ["python:3.12-slim", true],
  ["team/base", true],
  ["localhost:5000/base:1", true],
  ["[2001:db8::1]:5000/base", true],
  ["registry.example.com/a/b__c/d-e.f:V1.0_x", true],
  [`base@sha256:${"a".repeat(64)}`, true],
  [`base:1@sha256:${"a".repeat(64)}`, true],
  ["HOST.example.com/base", true],
  ["Base", false],
  ["base:", false],
  ["base:.x", false],
  [`base:${"x".repeat(129)}`, false],
  ["base@sha256:abc", false],
  ["a//b", false],
  ["-base", false],
  ["base image", false],
  ["a..b", false],
  ["--help", false],
];

for (const [reference, isRight] of references) {
  test(`the image reference ${reference} is ${isRight ? "right" : "wrong"}`, () => {
    assert.is(readText(`${command}base_image: "${reference}"`).ok, isRight);
  });
}

test("a text out of a variable is read as the type that its key asks for", () => {
  const text = `name: demo\ninference: {command: [serve], port: "\${PORT}"}\noutputs: [{type: image, tags: [demo], load: "\${LOAD:-true}"}]`;
  const config = configOf(text, { PORT: "8080" });
  assert.is(config.inference.port, 8080);
  assert.equal(config.outputs[0]?.type === "image" && config.outputs[0].load, true);
  assert.not.ok(readText(text, { variables: { PORT: "http" } }).ok);
  assert.not.ok(readText('name: demo\ninference: {command: [serve], port: "8080"}').ok);
});

test("mistakes of every kind are told in one run, in the order of the file", () => {
  const text = [
    "name: demo",
    "models: [a.pkl, {source: b.pkl, nmae: x}, {name: a, source: c.pkl}, 3]",
    "inference: {command: [serve], port: 0}",
    "base_image: ${BASE}",
    "outputs: [{type: image, tags: [demo, '${TAG}', 'demo:latest']}]",
  ].join("\n");
  assert.equal(
    diagnosticsOf(readText(text)).map(({ code, path }) => [code, path]),
    [
      ["config/unknown-key", "/models/1/nmae"],
      ["config/duplicate-model", "/models/2/name"],
      ["config/wrong-type", "/models/3"],
      ["config/bad-value", "/inference/port"],
      ["config/unset-variable", "/base_image"],
      ["config/unset-variable", "/outputs/0/tags/1"],
      ["config/duplicate-tag", "/outputs/0/tags/2"],
    ],
  );
});

test("keys of Object.prototype are keys like any other", () => {
  const { variables } = configOf(
    `${command}environment: {variables: {__proto__: a, constructor: b}}`,
  ).environment;
  assert.equal(Object.entries(variables), [
    ["__proto__", "a"],
    ["constructor", "b"],
  ]);
  assert.is(Object.getPrototypeOf(variables), Object.prototype);
  diagnosticsOf(readText(`${command}__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}`));
  assert.is(Reflect.get({}, "polluted"), undefined);
});

test("a file that cannot be read is a mistake of the user's, not ours", async () => {
  const refuse = async (): Promise<never> => {
    throw Object.assign(new Error("EACCES"), { code: "EACCES" });
  };
  const files = { realPath: async (path: string) => path, status: refuse } as unknown as Files;
  const parsed = parseDocument({ path: "mlpackage.yaml", text: `${command}models: [a.pkl]` });
  assert.ok(parsed.ok);
  if (!parsed.ok) return;
  const result = await readCheckedConfig(parsed.value, { directory: "/package", variables: {}, files });
  assert.equal(
    diagnosticsOf(result).map(({ code }) => code),
    ["config/unreadable-file"],
  );
});

const globs: readonly (readonly [model: string, codes: readonly string[]])[] = [
  ["{name: m, source: 'models/*.pkl'}", []],
  ["{name: m, source: './models/[ab].pkl'}", []],
  ["{name: m, source: '*.pkl'}", []],
  ["{name: m, source: 'none/*.pkl'}", ["config/missing-file"]],
  ["{name: m, source: 'models/a.pkl/*'}", ["config/not-a-folder"]],
  ["'models/*.pkl'", ["config/bad-value"]],
];

for (const [model, codes] of globs) {
  test(`a glob as a source: ${model}`, async () => {
    const directory = makeFolder({ "models/a.pkl": "a" });
    const parsed = parseDocument({ path: "mlpackage.yaml", text: `${command}models: [${model}]` });
    if (!parsed.ok) throw new Error("it is YAML");
    const { files } = makeHost();
    const result = await readCheckedConfig(parsed.value, { directory, variables: {}, files });
    assert.equal(
      diagnosticsOf(result).map(({ code }) => code),
      codes,
    );
  });
}

test.run();

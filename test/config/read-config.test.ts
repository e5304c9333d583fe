import { symlinkSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCheckedConfig } from "../../src/config/read-config.ts";
import { parseDocument } from "../../src/document/parse.ts";
import type { CompressionConfig, Config } from "../../src/model/config.ts";
import type { Files } from "../../src/model/host.ts";
import type { Result } from "../../src/model/result.ts";
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
    assert.is(
      configOf(`${command}tests: [{request: ${request}}]`).tests[0]?.exchanges[0]?.request.method,
      method,
    );
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
    assert.equal(config.tests[0]?.exchanges[0]?.expect.maxLatencyMs, { p95: milliseconds });
  });
}

const compressions: readonly (readonly [written: string, compression: CompressionConfig])[] = [
  ["{}", { kind: "auto" }],
  ["{compression: auto}", { kind: "auto" }],
  ["{compression: none}", { kind: "none" }],
  ["{compression: gzip}", { kind: "gzip", level: 6 }],
  ["{compression: zstd}", { kind: "zstd", level: 3 }],
  ["{compression: gzip:1}", { kind: "gzip", level: 1 }],
  ["{compression: gzip:9}", { kind: "gzip", level: 9 }],
  ["{compression: zstd:1}", { kind: "zstd", level: 1 }],
  ["{compression: zstd:10}", { kind: "zstd", level: 10 }],
  ["{compression: zstd:19}", { kind: "zstd", level: 19 }],
  ["{compression: 'zstd:${LEVEL}'}", { kind: "zstd", level: 12 }],
];

for (const [written, compression] of compressions) {
  test(`the compression of build: ${written}`, () => {
    assert.equal(configOf(`${command}build: ${written}`, { LEVEL: "12" }).build.compression, compression);
  });
}

const noCompressions = [
  ...["gzip:0", "gzip:10", "gzip:", "gzip:06", "zstd:0", "zstd:20", "zstd:-1", "zstd:3.5", "zstd:max"],
  ...["auto:1", "none:1", "lz4", "GZIP", "gzip:6 ", "", "zstd:1:2"],
];

for (const written of noCompressions) {
  test(`the compression ${JSON.stringify(written)} is refused, and the forms it may have are named`, () => {
    const [told, ...others] = diagnosticsOf(readText(`${command}build: {compression: "${written}"}`));
    assert.equal([told?.code, told?.path, others], ["config/bad-value", "/build/compression", []]);
    assert.is(
      told?.message,
      `\`build.compression\` must be \`auto\`, \`none\`, \`gzip\`, \`zstd\`, \`gzip:LEVEL\` (1 to 9) or \`zstd:LEVEL\` (1 to 19), not \`${written}\``,
    );
  });
}

test("a level alone is no compression", () => {
  const [told] = diagnosticsOf(readText(`${command}build: {compression: 6}`));
  assert.is(told?.code, "config/wrong-type");
  assert.match(told?.message ?? "", /`gzip:LEVEL` \(1 to 9\).*, not the number `6`$/);
});

const names: readonly (readonly [source: string, name: string])[] = [
  ["ridge.pkl", "ridge"],
  ["./models/ridge.v2.pkl", "ridge.v2"],
  ["models/bert/", "bert"],
  ["model", "model"],
  ["https://example.com/a/ridge.pkl?x=/b.c#d", "ridge"],
  ["hf://org/bert", "bert"],
  ["mlflow:models:/ridge/3", "ridge"],
  ["mlflow:models:/ridge@champion", "ridge"],
  ["mlflow:models:/m-1", "m-1"],
  ["mlflow:runs:/r1/trees/model.pkl", "model"],
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

/** Reads a text as the file of a folder, and looks at what it names there. */
async function readIn(directory: string, text: string): Promise<Result<Config>> {
  const parsed = parseDocument({ path: "mlpackage.yaml", text });
  if (!parsed.ok) throw new Error("it is YAML");
  return readCheckedConfig(parsed.value, { directory, variables: {}, files: makeHost().files });
}

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
    const result = await readIn(makeFolder({ "models/a.pkl": "a" }), `${command}models: [${model}]`);
    assert.equal(
      diagnosticsOf(result).map(({ code }) => code),
      codes,
    );
  });
}

const layouts: readonly (readonly [base: string, codes: readonly string[]])[] = [
  ["{oci_layout: base}", []],
  ["{oci_layout: ./base/}", []],
  ["{oci_layout: base.oci.tar}", []],
  ["{oci_layout: none}", ["config/missing-file"]],
  ["{oci_layout: base.oci.tar/index.json}", ["config/missing-file"]],
  ["{oci_layout: away}", ["config/outside-package"]],
  ["{oci_layout: /base}", ["config/bad-value"]],
  ["{oci_layout: ../base}", ["config/bad-value"]],
  ["{oci_layout: [base]}", ["config/wrong-type"]],
  ["{oci_layout: base, dockerfile: Dockerfile}", ["config/conflicting-keys"]],
  ["{oci_layout: base, image: python}", ["config/conflicting-keys"]],
  ["{oci_layout: base, target: runtime}", ["config/conflicting-keys"]],
];

for (const [base, codes] of layouts) {
  test(`an OCI layout as the base image: ${base}`, async () => {
    const directory = makeFolder({ "base/index.json": "{}", "base.oci.tar": "", Dockerfile: "FROM scratch" });
    symlinkSync(makeFolder({ "index.json": "{}" }), `${directory}/away`);
    const result = await readIn(directory, `${command}base_image: ${base}`);
    assert.equal(
      diagnosticsOf(result).map(({ code }) => code),
      codes,
    );
  });
}

test("an OCI layout comes without dots and closing slashes", () => {
  const { baseImage } = configOf(`${command}base_image: {oci_layout: ./images//base/}`);
  assert.equal(baseImage, { kind: "oci-layout", path: "images/base" });
});

for (const base of ["oci_layout", "dockerfile"]) {
  test(`a ${base} that was put over the file's own must exist as well`, async () => {
    const parsed = parseDocument({ path: "mlpackage.yaml", text: command });
    if (!parsed.ok) throw new Error("it is YAML");
    const value = { ...(parsed.value.value as object), base_image: { [base]: "none" } };
    const result = await readCheckedConfig(
      { ...parsed.value, value },
      { directory: makeFolder({}), variables: {}, files: makeHost().files },
    );
    assert.equal(
      diagnosticsOf(result).map(({ code, path }) => [code, path]),
      [["config/missing-file", `/base_image/${base}`]],
    );
  });
}

test("an output must not take the place of the base image's layout", () => {
  const text = `${command}base_image: {oci_layout: dist/base}\noutputs: [{type: oci-archive, path: dist}]`;
  assert.equal(
    diagnosticsOf(readText(text)).map(({ code }) => code),
    ["config/output-over-input"],
  );
});

const saved: readonly (readonly [outputs: string, paths: readonly string[]])[] = [
  ["[{type: dockerfile, path: a}]", ["/outputs/0/type"]],
  [
    "[{type: image, tags: [demo]}, {type: dockerfile, path: a}, {type: dockerfile, path: b}]",
    ["/outputs/1/type", "/outputs/2/type"],
  ],
  ["[{type: image, tags: [demo]}, {type: oci-archive, path: a}, {type: docker-archive, path: b}]", []],
];

for (const [outputs, paths] of saved) {
  test(`on an OCI layout, a Dockerfile folder is refused and nothing else: ${outputs}`, () => {
    const told = diagnosticsOf(readText(`${command}base_image: {oci_layout: base}\noutputs: ${outputs}`));
    assert.equal(
      told.map(({ code, path }) => [code, path]),
      paths.map((path) => ["config/layout-not-saveable", path]),
    );
    assert.equal(diagnosticsOf(readText(`${command}base_image: python\noutputs: ${outputs}`)), []);
  });
}

test.run();

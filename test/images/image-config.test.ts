import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AddedLayer, extendConfig } from "../../src/images/image-config.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeConfig, SETTINGS } from "../fakes/base-image.ts";

const test = suite("image configurations");

const below = digestOf("below");
const LAYERS: readonly AddedLayer[] = [
  { diffId: digestOf("model"), brings: "model a" },
  { diffId: digestOf("code"), brings: "code" },
];

function extend(base: object, variables: Readonly<Record<string, string>> = SETTINGS.variables) {
  return JSON.parse(
    extendConfig(makeConfig("linux/arm64/v8", [below], base), LAYERS, { ...SETTINGS, variables }),
  );
}

test("of a base that says nothing", () => {
  const created = "1970-01-01T00:00:00Z";
  assert.equal(extend({}), {
    architecture: "arm64",
    os: "linux",
    variant: "v8",
    created,
    config: {
      Env: ["PATH=/ours", "NEW=a=b"],
      Labels: { title: "ours" },
      ExposedPorts: { "5001/tcp": {} },
      WorkingDir: "/var/azureml-app",
      User: "1000:1000",
      Cmd: ["serve", "now"],
    },
    rootfs: { type: "layers", diff_ids: [below, ...LAYERS.map(({ diffId }) => diffId)] },
    history: [
      { created, created_by: "mlpackage: model a" },
      { created, created_by: "mlpackage: code" },
      { created, created_by: "mlpackage: settings", empty_layer: true },
    ],
  });
});

test("a variable keeps its place, a new one comes last", () => {
  const { config } = extend({ config: { Env: ["A=1", "PATH=/base", "B=x=y", "EMPTY", "PATHS=/p"] } });
  assert.equal(config.Env, ["A=1", "PATH=/ours", "B=x=y", "EMPTY", "PATHS=/p", "NEW=a=b"]);
});

test("a variable may be called anything", () => {
  const { config } = extend(
    { config: { Env: ["constructor=1", "__proto__=2", "toString=3"] } },
    { toString: "ours" },
  );
  assert.equal(config.Env, ["constructor=1", "__proto__=2", "toString=ours"]);
});

test("labels and ports are added, the user, the folder and the command replaced", () => {
  const { config } = extend({
    config: {
      Labels: { title: "base", vendor: "them" },
      ExposedPorts: { "80/tcp": {} },
      User: "root",
      WorkingDir: "/",
      Cmd: ["bash"],
    },
  });
  assert.equal(config.Labels, { title: "ours", vendor: "them" });
  assert.equal(config.ExposedPorts, { "80/tcp": {}, "5001/tcp": {} });
  assert.equal(
    [config.User, config.WorkingDir, config.Cmd],
    ["1000:1000", "/var/azureml-app", ["serve", "now"]],
  );
});

test("the base's entry point and triggers are dropped, the rest of it stays", () => {
  const healthcheck = { Test: ["CMD", "true"] };
  const { config, author } = extend({
    author: "them",
    config: {
      Entrypoint: ["/entry"],
      OnBuild: ["RUN x"],
      ArgsEscaped: true,
      StopSignal: "SIGINT",
      Healthcheck: healthcheck,
    },
  });
  const { Entrypoint, OnBuild, ArgsEscaped, StopSignal, Healthcheck } = config;
  assert.equal([Entrypoint, OnBuild, ArgsEscaped], [undefined, undefined, undefined]);
  assert.equal([StopSignal, Healthcheck, author], ["SIGINT", healthcheck, "them"]);
});

test("null is nothing, as Docker writes it", () => {
  const { config, history } = extend({
    config: { Env: null, Labels: null, ExposedPorts: null, Entrypoint: null },
    history: null,
  });
  assert.equal(config.Env, ["PATH=/ours", "NEW=a=b"]);
  assert.is(history.length, 3);
  assert.equal(extend({ config: null }).config.Cmd, ["serve", "now"]);
});

test("a base without any layer", () => {
  const { rootfs } = JSON.parse(extendConfig('{"os":"linux","architecture":"arm64"}', LAYERS, SETTINGS));
  assert.is(rootfs.diff_ids.length, 2);
});

test("the base's history stays below ours, whatever its times", () => {
  const base = [{ created: "2026-01-01T00:00:00Z", created_by: "FROM x" }];
  assert.equal(extend({ history: base }).history.slice(0, 2), [
    ...base,
    { created: "1970-01-01T00:00:00Z", created_by: "mlpackage: model a" },
  ]);
});

test("the same is the same, to the byte", () => {
  const base = makeConfig("linux/amd64", [below]);
  assert.is(extendConfig(base, LAYERS, SETTINGS), extendConfig(base, LAYERS, SETTINGS));
});

test.run();

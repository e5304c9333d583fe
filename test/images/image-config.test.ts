import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type AddedLayer,
  extendConfig,
  nameLayers,
  originsOfLayers,
  replaceLayers,
} from "../../src/images/image-config.ts";
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
    extendConfig(makeConfig("linux/arm64/v8", [below], base), LAYERS, { ...SETTINGS, variables }, 0),
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
  const { rootfs } = JSON.parse(extendConfig('{"os":"linux","architecture":"arm64"}', LAYERS, SETTINGS, 0));
  assert.is(rootfs.diff_ids.length, 2);
});

test("the base's history stays below ours, whatever its times", () => {
  const base = [{ created: "2026-01-01T00:00:00Z", created_by: "FROM x" }];
  assert.equal(extend({ history: base }).history.slice(0, 2), [
    ...base,
    { created: "1970-01-01T00:00:00Z", created_by: "mlpackage: model a" },
  ]);
});

test("the date of an image is the one that was asked for", () => {
  const config = JSON.parse(
    extendConfig(makeConfig("linux/amd64", [below]), LAYERS, SETTINGS, 1_700_000_000),
  );
  assert.is(config.created, "2023-11-14T22:13:20Z");
  assert.is(config.history.at(-1).created, config.created);
});

const RAN = {
  created: "2026-11-23T00:00:00Z",
  rootfs: { type: "layers", diff_ids: [digestOf("base"), digestOf("apt"), digestOf("pip")] },
  history: [
    { created_by: "USER root", empty_layer: true },
    { created_by: "ADD base" },
    { created_by: "USER root", empty_layer: true },
    { created_by: "RUN apt", created: "1970-01-01T00:00:00Z" },
    { created_by: "ENV a=b", empty_layer: true },
    { created_by: "RUN pip" },
  ],
};

test("our own commands are named by what they bring, and not by how", () => {
  const config = JSON.stringify(RAN);
  const historyOf = (brings: readonly string[], instruction = "USER root") =>
    JSON.parse(nameLayers(config, instruction, brings)).history.map(
      (entry: object) => Object.values(entry)[0],
    );
  const before = ["USER root", "ADD base", "USER root"];
  assert.equal(historyOf(["system packages", "Python packages"]), [
    ...before,
    ...["mlpackage: system packages", "ENV a=b", "mlpackage: Python packages"],
  ]);
  assert.equal(historyOf(["system packages"]).slice(3), ["mlpackage: system packages", "ENV a=b", "RUN pip"]);
  assert.equal(historyOf(["system packages"], "USER nobody"), historyOf([]));
  assert.is(nameLayers('{"os":"linux"}', "USER root", ["a"]), '{"os":"linux","history":[]}');
});

test("what made each layer, as far as the history tells", () => {
  const origins = originsOfLayers(JSON.stringify(RAN), 0, "USER root");
  assert.equal(origins, [
    { instruction: "ADD base", isOfDate: false, isAfter: false },
    { instruction: "RUN apt", isOfDate: true, isAfter: true },
    { instruction: "RUN pip", isOfDate: false, isAfter: true },
  ]);
  const [, apt] = originsOfLayers(JSON.stringify(RAN), 0, "USER nobody");
  assert.equal(apt, { instruction: "RUN apt", isOfDate: true, isAfter: false });
});

test("of a short history the latest entries are those of the topmost layers", () => {
  const rootfs = { ...RAN.rootfs, diff_ids: [digestOf("older"), ...RAN.rootfs.diff_ids] };
  const origins = originsOfLayers(JSON.stringify({ ...RAN, rootfs }), 0, "USER root");
  assert.equal([origins[0], origins[1]?.instruction, origins.length], [undefined, "ADD base", 4]);
  assert.equal(originsOfLayers("{}", 0, "USER root"), []);
});

test("layers are replaced, and all else stays", () => {
  const replaced = JSON.parse(replaceLayers(JSON.stringify(RAN), new Map([[1, digestOf("1")]]), 0));
  const [base, , pip] = RAN.rootfs.diff_ids;
  assert.equal(replaced.rootfs, { type: "layers", diff_ids: [base, digestOf("1"), pip] });
  assert.equal(replaced.history, RAN.history);
  assert.is(replaced.created, "1970-01-01T00:00:00Z");
});

test("the same is the same, to the byte", () => {
  const base = makeConfig("linux/amd64", [below]);
  assert.is(extendConfig(base, LAYERS, SETTINGS, 0), extendConfig(base, LAYERS, SETTINGS, 0));
});

test.run();

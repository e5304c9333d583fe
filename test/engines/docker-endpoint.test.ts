import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isSupportedEndpoint } from "../../src/engines/docker-api.ts";
import { findDockerEndpoint } from "../../src/engines/docker-endpoint.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("findDockerEndpoint");

const DEFAULT = "unix:///var/run/docker.sock";
const metadataOf = (name: string) => `contexts/meta/${digestOf(name).slice("sha256:".length)}/meta.json`;
const colima = { Endpoints: { docker: { Host: "unix:///colima.sock" } } };
const remote = { Endpoints: { docker: { Host: "tcp://10.0.0.1:2375" } } };
const config = {
  "config.json": JSON.stringify({ currentContext: "colima" }),
  [metadataOf("colima")]: JSON.stringify(colima),
  [metadataOf("remote")]: JSON.stringify(remote),
};

type Row = readonly [
  what: string,
  environment: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
  endpoint: string,
];

const rows: readonly Row[] = [
  ["nothing said", {}, {}, DEFAULT],
  [
    "DOCKER_HOST comes first",
    { DOCKER_HOST: "unix:///own.sock", DOCKER_CONTEXT: "remote" },
    config,
    "unix:///own.sock",
  ],
  ["an empty DOCKER_HOST is none", { DOCKER_HOST: "" }, {}, DEFAULT],
  ["the current context", {}, config, "unix:///colima.sock"],
  ["DOCKER_CONTEXT before it", { DOCKER_CONTEXT: "remote" }, config, "tcp://10.0.0.1:2375"],
  ["the default context", { DOCKER_CONTEXT: "default" }, config, DEFAULT],
  ["an empty DOCKER_CONTEXT is none", { DOCKER_CONTEXT: "" }, config, "unix:///colima.sock"],
  ["a context that is gone", { DOCKER_CONTEXT: "gone" }, config, "context:gone"],
  ["a context that is damaged", {}, { ...config, [metadataOf("colima")]: "{" }, "context:colima"],
  ["a config.json that is damaged", {}, { "config.json": "{" }, DEFAULT],
];

for (const [what, environment, files, endpoint] of rows) {
  test(what, async () => {
    const host = makeHost({ environment: { DOCKER_CONFIG: makeFolder(files), ...environment } });
    assert.is(await findDockerEndpoint(host), endpoint);
  });
}

test("docker's folder is in the home folder", async () => {
  const files = Object.fromEntries(Object.entries(config).map(([name, text]) => [`.docker/${name}`, text]));
  assert.is(
    await findDockerEndpoint(makeHost({ environment: { HOME: makeFolder(files) } })),
    "unix:///colima.sock",
  );
});

for (const [endpoint, isSupported] of [
  ["unix:///x.sock", true],
  ["npipe:////./pipe/docker_engine", true],
  ["tcp://10.0.0.1:2375", true],
  ["http://localhost:2375", true],
  ["ssh://user@machine", false],
  ["fd://", false],
  ["", false],
] as const) {
  test(`${endpoint || "nothing"} is ${isSupported ? "" : "not "}supported`, () =>
    assert.is(isSupportedEndpoint(endpoint), isSupported));
}

test.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createBuildAids } from "../../src/cli/build-aids.ts";
import { createNodeHost } from "../../src/host/node-host.ts";
import type { Config, SecretConfig } from "../../src/model/config.ts";
import { only } from "../fakes/only.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("createBuildAids");

const LOGIN = { host: "pypi.example.com", username: "__token__" };

function openAids(
  secret: Pick<SecretConfig, "source" | "login">,
  variables: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
) {
  const directory = makeFolder(files);
  const secrets = [{ pointer: "/build/secrets/0", id: "pip", ...secret }];
  const build = only<Config["build"]>({
    secrets,
    cacheFrom: [{ pointer: "", type: "local", attributes: { src: "a/b" } }],
    cacheTo: [{ pointer: "", type: "registry", attributes: { ref: "r/c", mode: "max" } }],
  });
  const host = createNodeHost(variables, makeFolder());
  return { directory, aids: createBuildAids(only<Config>({ build, directory }), host) };
}

async function problemOf(...given: Parameters<typeof openAids>): Promise<string> {
  const read = await openAids(...given).aids.readSecrets(["pip"]);
  if (read.ok) throw new Error("it was read");
  return read.diagnostics.map(({ code, message, path }) => `${code} ${path}: ${message}`).join("\n");
}

test("the value of a variable, and whose it is", async () => {
  const { aids } = openAids({ source: { env: "TOKEN" }, login: LOGIN }, { TOKEN: "abc" });
  const read = await aids.readSecrets(["pip", "other"]);
  assert.ok(read.ok);
  assert.equal(read.value, [{ id: "pip", value: "abc", username: "__token__" }]);
  assert.equal(await aids.readSecrets([]), { ok: true, value: [], warnings: [] });
});

test("a file is handed on as it lies there, whatever is in it", async () => {
  const { aids, directory } = openAids({ source: { file: "deep/key" } }, {}, { "deep/key": "two\nlines\n" });
  const read = await aids.readSecrets(["pip"]);
  assert.ok(read.ok);
  assert.equal(read.value, [{ id: "pip", value: "two\nlines\n", file: `${directory}/deep/key` }]);
});

test("a file below the home folder", async () => {
  const home = makeFolder({ token: "abc\n" });
  const { aids } = openAids({ source: { file: "~/token" }, login: LOGIN }, { HOME: home });
  const read = await aids.readSecrets(["pip"]);
  assert.is(read.ok && read.value[0]?.file, `${home}/token`);
});

for (const [what, source, variables, expected] of [
  ["a variable that is not set", { env: "TOKEN" }, {}, "cli/no-secret /build/secrets/0/env: "],
  ["one that every object has", { env: "constructor" }, {}, "`constructor` is not set"],
  ["an empty variable", { env: "TOKEN" }, { TOKEN: "" }, "`TOKEN` is empty"],
  ["a file that is not there", { file: "none" }, {}, "cli/no-secret /build/secrets/0/file: "],
  ["a folder", { file: "folder" }, {}, "`folder` is no file"],
  ["an empty file", { file: "blank" }, {}, "`blank` is empty"],
  ["more than BuildKit takes", { env: "TOKEN" }, { TOKEN: "x".repeat(600 * 1024) }, "cli/unfit-secret"],
] as const) {
  test(`refuses ${what}`, async () => {
    assert.match(await problemOf({ source }, variables, { "folder/a": "a", blank: "\n" }), expected);
  });
}

for (const value of ["two words", "back\\slash", '"quoted', "ümlaut", "two\nlines"]) {
  test(`pip cannot be handed ${JSON.stringify(value)}, and nobody is told it`, async () => {
    const problem = await problemOf({ source: { env: "TOKEN" }, login: LOGIN }, { TOKEN: value });
    assert.match(problem, "cli/unfit-secret");
    assert.not.match(problem, value);
  });
}

test("caches have their folders where the package is, and layers as they are", () => {
  const { aids, directory } = openAids({ source: { env: "TOKEN" } });
  assert.equal(aids.cacheFrom, [{ type: "local", src: `${directory}/a/b` }]);
  assert.equal(aids.cacheTo, [{ type: "registry", ref: "r/c", mode: "max", compression: "uncompressed" }]);
});

test.run();

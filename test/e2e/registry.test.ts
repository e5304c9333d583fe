// Pushing to a registry that asks for a password, and bringing back what was pushed.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { makeDockerConfig } from "./docker-config.ts";
import { demandImage, docker, inspectImage } from "./engine.ts";
import { findTag } from "./registry-api.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, openWorkspace } from "./workspace.ts";

const REGISTRY = demandVariable("RIG_PRIVATE_REGISTRY");
const USER = demandVariable("RIG_REGISTRY_USER");
const PASSWORD = demandVariable("RIG_REGISTRY_PASSWORD");

const workspace = openWorkspace("registry");
const iris = await workspace.makePackage(
  "iris",
  `tests:
  - request: {body: {data: 1}}
    expect: {json: '{"data":1}'}
outputs:
  - {type: image, tags: ["${REGISTRY}/\${name}:1"], push: true}
`,
);
const tag = `${REGISTRY}/${iris.name}:1`;
const anonymous = await makeDockerConfig(workspace, "anonymous", {});
const loggedIn = await makeDockerConfig(workspace, "logged-in", {});
const login = { username: USER, password: PASSWORD };
const test = timedSuite("registry");

test("without a login: one message with its remedy, after the tests", async () => {
  const { exitCode, stderr } = await iris.call(["apply"], { environment: anonymous });
  assert.is(exitCode, 1, stderr);
  assert.match(stderr, /✔ test image: succeeded/);
  assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
  assert.match(stderr, `error[registry/refused]: the registry ${REGISTRY} refuses access to \`${tag}\``);
  assert.match(stderr, `hint: log in with \`docker login ${REGISTRY}\``);
  assert.match(stderr, "mlpackage.yaml:");
  assert.is(await findTag(REGISTRY, iris.name, "1", login), undefined);
});

test("without a login, with a model: the upload is refused, and nothing else is said", async () => {
  const made = await workspace.makePackage(
    "model",
    `models: [model.txt]\noutputs: [{type: image, tags: ["${REGISTRY}/\${name}:1"], push: true}]\n`,
    { "model.txt": "m" },
  );
  const { exitCode, stderr } = await made.call(["apply"], { environment: anonymous });
  assert.is(exitCode, 1, stderr);
  assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
  assert.match(stderr, `error[registry/refused]: the registry ${REGISTRY} refuses access to`);
  assert.match(stderr, "mlpackage.yaml:");
  assert.match(stderr, "✘ upload ");
  assert.not.match(stderr, "▸ push");
});

test("registry shows the address, and that nobody has logged in", async () => {
  const { exitCode, stdout } = await iris.call(["registry"], { environment: anonymous });
  assert.is(exitCode, 0);
  assert.match(stdout, `address:  ${REGISTRY}`);
  assert.match(stdout, "docker login");
});

test("doctor says that the registry refuses", async () => {
  const { exitCode, stdout } = await iris.call(["doctor"], { environment: anonymous });
  assert.is(exitCode, 1, stdout);
  assert.match(stdout, "registry/refused");
});

test("after `docker login`: pushed, and the tests are not run again", async () => {
  const args = ["login", REGISTRY, "--username", USER, "--password-stdin"];
  await execa("docker", args, { env: loggedIn, input: PASSWORD });
  const { exitCode, stderr } = await iris.call(["apply"], { environment: loggedIn });
  assert.is(exitCode, 0, stderr);
  assert.not.match(stderr, "▸ test");
  assert.match(stderr, "✔ push");
  assert.is(await findTag(REGISTRY, iris.name, "1", login), (await demandImage(tag)).Id);
});

test("a second apply pushes nothing", async () => {
  const { exitCode, stderr } = await iris.call(["apply"], { environment: loggedIn });
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "nothing to do");
});

test("registry shows the user, and the password only when asked", async () => {
  const plain = await iris.call(["registry"], { environment: loggedIn });
  assert.match(plain.stdout, `username: ${USER}`);
  assert.not.match(plain.stdout, PASSWORD);
  assert.not.match((await iris.call(["registry", "--json"], { environment: loggedIn })).stdout, PASSWORD);
  // Not through `call`, which remembers what was printed.
  const open = await iris.start(["registry", "--show-password"], { environment: loggedIn }).ended;
  assert.match(open.stdout, `password: ${PASSWORD}`);
});

test("pull brings the image back by its digest", async () => {
  const pushed = await demandImage(tag);
  await docker(["rmi", "--force", pushed.Id]);
  assert.is(await inspectImage(pushed.Id), undefined);
  const { exitCode, stdout, stderr } = await iris.call(["pull"], { environment: loggedIn });
  assert.is(exitCode, 0, stderr);
  assert.is(stdout, `${tag} ${pushed.Id}`);
  assert.is((await demandImage(tag)).Id, pushed.Id);
});

test("apply after pull has nothing to do", async () => {
  const { exitCode, stderr } = await iris.call(["apply"], { environment: loggedIn });
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "nothing to do");
});

test("on another machine, pull asks the registry", async () => {
  const pushed = await demandImage(tag);
  await docker(["rmi", "--force", pushed.Id]);
  const environment = { ...loggedIn, MLPACKAGE_CACHE_DIR: path.join(workspace.folder, "other-cache") };
  const { exitCode, stdout, stderr } = await iris.call(["pull"], { environment });
  assert.is(exitCode, 0, stderr);
  assert.is(stdout, `${tag} ${pushed.Id}`);
});

test("apply mends an image that is gone", async () => {
  const { Id } = await demandImage(tag);
  await docker(["rmi", "--force", Id]);
  const { exitCode, stderr } = await iris.call(["apply"], { environment: loggedIn });
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "the image in the engine is gone or was changed");
  assert.is((await demandImage(tag)).Id, Id);
});

test("apply pushes again over a tag that somebody moved", async () => {
  const { Id } = await demandImage(tag);
  await docker(["tag", demandVariable("RIG_PYTHON_IMAGE"), tag]);
  await execa("docker", ["push", "--quiet", tag], { env: loggedIn });
  const { exitCode, stderr } = await iris.call(["apply"], { environment: loggedIn });
  assert.is(exitCode, 0, stderr);
  assert.is(await findTag(REGISTRY, iris.name, "1", login), Id);
  assert.is((await demandImage(tag)).Id, Id);
});

test("a credential helper is asked", async () => {
  const bin = path.join(workspace.folder, "bin");
  await mkdir(bin);
  const answer = JSON.stringify({ ServerURL: REGISTRY, Username: USER, Secret: PASSWORD });
  const helper = `#!/bin/sh\nread -r asked\n[ "$1 $asked" = "get ${REGISTRY}" ] && echo '${answer}'\n`;
  await writeFile(path.join(bin, "docker-credential-e2e"), helper, { mode: 0o755 });
  const config = await makeDockerConfig(workspace, "helper", { credHelpers: { [REGISTRY]: "e2e" } });
  const environment = { ...config, PATH: `${bin}:${process.env.PATH}` };
  const shown = await iris.call(["registry"], { environment });
  assert.match(shown.stdout, `username: ${USER}`);
  const args = ["apply", "--set", `outputs.0.tags.0=${REGISTRY}/${iris.name}:2`];
  const { exitCode, stderr } = await iris.call(args, { environment });
  assert.is(exitCode, 0, stderr);
  assert.ok(await findTag(REGISTRY, iris.name, "2", login));
});

test("a wrong password is refused, and not shown", async () => {
  const auth = Buffer.from(`${USER}:a-wrong-password`).toString("base64");
  const environment = await makeDockerConfig(workspace, "wrong", { auths: { [REGISTRY]: { auth } } });
  const args = ["apply", "--set", `outputs.0.tags.0=${REGISTRY}/${iris.name}:3`];
  const { exitCode, all } = await iris.call(args, { environment });
  assert.is(exitCode, 1, all);
  assert.match(all, "registry/refused");
  assert.not.match(all, "a-wrong-password");
});

test("a registry that does not exist", async () => {
  const args = ["apply", "--set", `outputs.0.tags.0=registry.invalid/${iris.name}:1`];
  const { exitCode, stderr } = await iris.call(args, { environment: loggedIn });
  assert.is(exitCode, 1, stderr);
  assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
  assert.match(stderr, "error[registry/unreachable]: the registry registry.invalid does not answer");
});

test("load: false leaves no tag in the engine", async () => {
  const args = [
    "apply",
    "--set",
    "outputs.0.load=false",
    "--set",
    `outputs.0.tags.0=${REGISTRY}/${iris.name}:4`,
  ];
  const { exitCode, stderr } = await iris.call(args, { environment: loggedIn });
  assert.is(exitCode, 0, stderr);
  assert.ok(await findTag(REGISTRY, iris.name, "4", login));
  assert.is(await inspectImage(`${REGISTRY}/${iris.name}:4`), undefined);
  const again = await iris.call(args, { environment: loggedIn });
  assert.match(again.stderr, "nothing to do", again.stderr);
});

test("the password is nowhere: not in what was printed, not in the cache, not in the image", async () => {
  const secrets = [PASSWORD, Buffer.from(`${USER}:${PASSWORD}`).toString("base64")];
  assert.ok(workspace.printed.length > 10);
  const names = await readdir(workspace.cacheDirectory, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  assert.ok(files.length > 10);
  const texts = [...workspace.printed, ...(await Promise.all(files.map((file) => readFile(file, "latin1"))))];
  for (const secret of secrets)
    assert.not.ok(
      texts.some((text) => text.includes(secret)),
      secret,
    );
  assert.not.match(JSON.stringify(await demandImage(tag)), PASSWORD);
});

test.after(() => rm(path.join(workspace.folder, "docker-logged-in"), { recursive: true, force: true }));
test.run();

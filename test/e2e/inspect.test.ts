// `mlpackage inspect` and `mlpackage diff`: images of the engine, of a registry, and in archives.
import { randomBytes } from "node:crypto";
import * as assert from "uvu/assert";
import { timedSuite } from "./timed-suite.ts";
import { makeWheel } from "./wheel.ts";
import { demandVariable, ECHO_SCRIPT, openWorkspace, type PackageFolder } from "./workspace.ts";

const REGISTRY = demandVariable("RIG_REGISTRY");
const workspace = openWorkspace("inspect");
const test = timedSuite("inspect");

const SECRET = "hunter2-of-the-image";

type Release = {
  readonly tag: string;
  readonly version: string;
  readonly greeter: string;
  readonly threads: string;
};

function yamlOf({ tag, version, threads }: Release): string {
  return `inference: src/score.py
models: [{name: ridge, version: "${version}", source: m.bin}]
environment:
  python: {requirements: requirements.txt, find_links: [wheels]}
  variables: {OMP_NUM_THREADS: "${threads}", API_TOKEN: ${SECRET}}
outputs:
  - {type: image, tags: ["${REGISTRY}/${workspace.prefix}/one:${tag}"], load: false, push: true, attest: true}
  - {type: image, tags: ["${workspace.prefix}-one:${tag}"]}
  - {type: oci-archive, path: ${tag}.oci.tar}
  - {type: docker-archive, path: ${tag}.docker.tar}
`;
}

async function release(made: PackageFolder, one: Release, score: string): Promise<void> {
  const wheel = makeWheel("greeter", one.greeter, "");
  await made.configure(yamlOf(one));
  await made.write({
    "src/score.py": score,
    "m.bin": randomBytes(100_000),
    "requirements.txt": `--no-index\ngreeter == ${one.greeter}\n`,
    [`wheels/greeter-${one.greeter}-py3-none-any.whl`]: wheel,
  });
  const { exitCode, stderr } = await made.call(["apply", "--no-test"]);
  assert.is(exitCode, 0, stderr);
}

const made = await workspace.makePackage("one", "");
const pushed = (tag: string) => `${REGISTRY}/${workspace.prefix}/one:${tag}`;

test.before(async () => {
  await release(made, { tag: "1", version: "3", greeter: "1.0", threads: "1" }, ECHO_SCRIPT);
  const changed = ECHO_SCRIPT.replace('print("init was called")', 'print("another")');
  await release(made, { tag: "2", version: "4", greeter: "1.1", threads: "2" }, changed);
});

for (const [where, name, from] of [
  ["a registry", pushed("1"), "registry"],
  ["the engine", `${workspace.prefix}-one:1`, "engine"],
  ["an OCI archive", "1.oci.tar", "archive"],
  ["a docker archive", "1.docker.tar", "archive"],
] as const) {
  test(`an image in ${where} tells what is in it, and no secret`, async () => {
    const { exitCode, stdout, stderr, all } = await made.call(["--json", "inspect", name]);
    assert.is(exitCode, 0, stderr);
    assert.not.match(all, SECRET);
    const image = JSON.parse(stdout);
    assert.is(image.from, from);
    assert.ok(image.isOurs);
    const [model] = image.models;
    assert.equal(
      [model.name, model.version, model.files[0].path, model.files[0].size],
      ["ridge", "3", "m.bin", 100_000],
    );
    assert.match(model.files[0].digest, /^sha256:[0-9a-f]{64}$/);
    const own = image.packages.python.filter((one: { isOfBase: boolean }) => !one.isOfBase);
    assert.equal(own, [{ name: "greeter", version: "1.0", isOfBase: false }]);
    assert.ok(image.packages.system.length > 50, `${image.packages.system.length} system packages`);
    assert.ok(image.packages.system.every((one: { isOfBase: boolean }) => one.isOfBase));
    assert.equal(
      image.code.map(({ path }: { path: string }) => path),
      ["src/score.py"],
    );
    assert.match(image.serverVersion, /^\d+\.\d+\.\d+/);
    const attested = where === "a registry" ? [1, 1] : [undefined, undefined];
    assert.equal([image.attestations.sboms, image.attestations.provenances], attested);
    const text = await made.call(["inspect", name]);
    assert.match(text.stdout, "ridge, version 3, ");
  });
}

test("the same image is the same wherever it lies", async () => {
  for (const other of [`${workspace.prefix}-one:1`, "1.oci.tar", "1.docker.tar"]) {
    const { exitCode, stdout, stderr } = await made.call(["diff", pushed("1"), other]);
    assert.is(exitCode, 0, stdout + stderr);
    assert.match(stdout, "are the same: sha256:");
  }
});

for (const [first, second] of [
  [pushed("1"), pushed("2")],
  [`${workspace.prefix}-one:1`, "2.oci.tar"],
] as const) {
  test(`${first} and ${second} differ in the model, a package, a line of the code and a variable`, async () => {
    const { exitCode, stdout, stderr, all } = await made.call(["diff", first, second]);
    assert.is(exitCode, 1, stderr);
    assert.not.match(all, SECRET);
    for (const line of [
      "~ ridge: version 3 → version 4",
      "~ greeter 1.0 → 1.1",
      '-    print("init was called")',
      '+    print("another")',
      "~ variable OMP_NUM_THREADS: changed",
    ])
      assert.ok(stdout.includes(line), `${line} is missing:\n${stdout}`);
    const summary = stdout.trim().split("\n").at(-1) ?? "";
    assert.ok(summary.endsWith("differ in 1 model, 1 package, 1 file of the code, 2 settings"), stdout);
  });
}

test("an image that is not ours is told of as far as it goes", async () => {
  const { exitCode, stdout, stderr } = await made.call(["inspect", demandVariable("RIG_PYTHON_IMAGE")]);
  assert.is(exitCode, 0, stderr);
  assert.match(stdout, "another tool");
  assert.match(stdout, /gunicorn \d/);
});

for (const [name, code] of [
  [`${REGISTRY}/no/such:1`, "inspect/no-image"],
  ["mlpackage.yaml", "inspect/unreadable"],
] as const) {
  test(`${name} is nothing to look at`, async () => {
    const { exitCode, stderr } = await made.call(["inspect", name]);
    assert.is(exitCode, 1, stderr);
    assert.match(stderr, code);
  });
}

test.run();

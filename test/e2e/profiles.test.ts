// One file, two images: a profile and another file, by way of a real engine.
import { readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { inspectImage } from "./engine.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace } from "./workspace.ts";

const workspace = openWorkspace("profiles");
const test = timedSuite("profiles");

const YAML = `environment: {variables: {MODE: plain}}
outputs: [{type: image, tags: ["\${name}:plain"]}]
profiles:
  loud:
    environment: {variables: {MODE: loud, VOLUME: "\${VOLUME:-11}"}}
    outputs: !override [{type: image, tags: ["\${name}:loud"]}]
  never:
    environment: {variables: {TOKEN: "\${NOBODY_SET_THIS}"}}
`;

async function variablesOf(reference: string): Promise<readonly string[]> {
  const image = (await inspectImage(reference)) as
    | { readonly Config?: { readonly Env?: readonly string[] } }
    | undefined;
  return (image?.Config?.Env ?? []).filter((one) => /^(MODE|VOLUME)=/.test(one)).sort();
}

test("each profile has its image, its lock and its record; none disturbs the other", async () => {
  const made = await workspace.makePackage("variants", YAML);
  for (const [args, tag, variables, lock] of [
    [[], "plain", ["MODE=plain"], "mlpackage.lock"],
    [["--profile", "loud"], "loud", ["MODE=loud", "VOLUME=11"], "mlpackage+loud.lock"],
  ] as const) {
    const { exitCode, stderr } = await made.call([...args, "apply"]);
    assert.is(exitCode, 0, stderr);
    assert.equal(await variablesOf(`${made.name}:${tag}`), variables);
    assert.match(await readFile(made.at(lock), "utf8"), "base_image");
  }
  for (const args of [[], ["--profile", "loud"]]) {
    const again = await made.call([...args, "plan", "--detailed-exitcode"]);
    assert.is(again.exitCode, 0, `${again.stdout}${again.stderr}`);
  }
  const frozen = await made.call(["--profile", "loud", "apply", "--frozen"]);
  assert.is(frozen.exitCode, 0, frozen.stderr);
});

test("what config prints builds the same image", async () => {
  const made = await workspace.makePackage("printed", YAML);
  assert.is((await made.call(["--profile", "loud", "apply"])).exitCode, 0);
  const first = await inspectImage(`${made.name}:loud`);
  const printed = await made.call(["--profile", "loud", "config", "--origin"]);
  assert.is(printed.exitCode, 0, printed.stderr);
  assert.match(
    printed.stdout,
    /VOLUME: '11' {2}# mlpackage\.yaml:\d+:\d+, profile loud, from the default for VOLUME/,
  );
  await made.write({ "mlpackage.yaml": printed.stdout });
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.equal((await inspectImage(`${made.name}:loud`))?.Id, first?.Id);
});

test("files over each other, and a mistake in the second has its place", async () => {
  const made = await workspace.makePackage("files", YAML, {
    "ci.yaml": 'environment: {variables: {MODE: ci}}\noutputs: [{type: image, tags: ["${name}:ci"]}]\n',
    "wrong.yaml": "# nothing\nenvironment: {variable: {MODE: wrong}}\n",
  });
  const { exitCode, stderr } = await made.call(["-f", "mlpackage.yaml", "-f", "ci.yaml", "apply"]);
  assert.is(exitCode, 0, stderr);
  for (const tag of ["plain", "ci"]) assert.equal(await variablesOf(`${made.name}:${tag}`), ["MODE=ci"]);
  const wrong = await made.call(["-f", "mlpackage.yaml", "-f", "wrong.yaml", "apply"]);
  assert.is(wrong.exitCode, 64);
  assert.match(wrong.stderr, "wrong.yaml:2:15");
});

test.run();

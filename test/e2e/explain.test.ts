// Why a step runs, what a plan promises, and what ran when: told on a real engine, of what really changed.
import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as assert from "uvu/assert";
import { docker } from "./engine.ts";
import { timedSuite } from "./timed-suite.ts";
import { makeWheel } from "./wheel.ts";
import { ECHO_SCRIPT, openWorkspace, PYTHON_IMAGE } from "./workspace.ts";

const workspace = openWorkspace("explain");
const test = timedSuite("explain");
const BASE = `${workspace.prefix}-base:1`;
const SECRET = `swordfish-${process.pid}`;

await docker(["tag", PYTHON_IMAGE, BASE]);
const made = await workspace.makePackage("soft", yamlWith(SECRET), {
  "model.pkl": "one",
  "other.pkl": "two",
  "requirements.txt": "--no-index\ngreeter\n",
  "wheels/greeter-1.0-py3-none-any.whl": makeWheel("greeter", "1.0", ""),
});
const STEPS = [
  ...["fetch:model", "fetch:other", "scan:model", "scan:other", "layer:model", "layer:other"],
  ...["lock:packages", "render", "build:environment", "build:image", "load:image", "test", "save:out"],
];
const CHOICE = ["--only", "render", "fetch:model"];
const planPlace = path.join(workspace.folder, "plan.json");
const tracePlace = path.join(workspace.folder, "trace.json");

function yamlWith(secret: string): string {
  return `base_image: ${BASE}
models: [model.pkl, other.pkl]
environment:
  python: {requirements: requirements.txt, find_links: [wheels]}
  variables:
    TOKEN: ${secret}
outputs: [{type: dockerfile, path: out}]
`;
}

/** What `why` says of a step. */
async function why(step: string): Promise<string> {
  const { exitCode, stdout, stderr } = await made.call(["why", step]);
  assert.is(exitCode, 0, stderr);
  return stdout;
}

async function apply(...args: readonly string[]): Promise<string> {
  const { exitCode, stderr } = await made.call(["apply", ...args]);
  assert.is(exitCode, 0, stderr);
  return stderr;
}

/** The cache's record of a step, as it is now. */
async function findRecord(step: string): Promise<string> {
  const { key } = JSON.parse((await made.call(["why", step, "--json"])).stdout) as { readonly key: string };
  const hex = key.slice("sha256:".length);
  const files = await readdir(workspace.cacheDirectory, { recursive: true });
  const found = files.filter((file) =>
    file
      .replaceAll(path.sep, "")
      .replace(/\.json$/, "")
      .endsWith(hex),
  );
  assert.is(found.length, 1, `${found.length} records of ${step}`);
  return path.join(workspace.cacheDirectory, found[0] ?? "");
}

test("a step that never ran, one that does not exist, and a name of several", async () => {
  assert.match(await why("build:image"), "it never ran here");
  const unknown = await made.call(["why", "fetch:modle"]);
  assert.is(unknown.exitCode, 64);
  assert.match(unknown.stderr, /error\[cli\/unknown-step\](.*\n)+.*did you mean `fetch:model`/);
  const several = await made.call(["why", "fetch"]);
  assert.is(several.exitCode, 64);
  assert.match(several.stderr, /error\[cli\/several-steps\](.*\n)+.*`fetch:model`, `fetch:other`/);
});

type TraceEvent = {
  readonly ph: string;
  readonly cat: string;
  readonly name: string;
  readonly args: { id?: string };
};

test("a trace has every step once, and what BuildKit did", async () => {
  await apply("--trace", tracePlace);
  const trace = JSON.parse(await readFile(tracePlace, "utf8")) as { traceEvents: readonly TraceEvent[] };
  const spans = trace.traceEvents.filter(({ ph }) => ph === "X");
  const steps = spans.filter(({ cat }) => cat === "step").map(({ args }) => args.id);
  assert.equal(steps.toSorted(), STEPS.toSorted());
  const vertices = spans.filter(({ cat }) => cat === "build").map(({ name }) => name);
  assert.ok(
    vertices.some((name) => name.includes("pip install")),
    vertices.join("\n"),
  );
});

test("a trace is written neither over something else nor into the code", async () => {
  for (const [file, code] of [
    ["mlpackage.yaml", "cli/place-taken"],
    ["trace.json", "cli/place-in-code"],
    [workspace.folder, "cli/place-taken"],
  ] as const) {
    const before = await readFile(made.at("mlpackage.yaml"), "utf8");
    const { exitCode, stderr } = await made.call(["apply", "--trace", file]);
    assert.is(exitCode, 64, stderr);
    assert.match(stderr, `error[${code}]`);
    assert.is(await readFile(made.at("mlpackage.yaml"), "utf8"), before);
  }
  assert.not.ok(existsSync(made.at("trace.json")));
});

test("a fresh step: its inputs, and what it was made from", async () => {
  const render = await why("render");
  assert.match(render, /render Dockerfile is fresh: all \d+ inputs are as when it last ran/);
  assert.match(render, /it took \d+\.\d\d s the last time/);
  assert.match(render, /code\.score\.py {2}[0-9a-f]{12}/);
  assert.match(render, "environment.variables.TOKEN  (hidden)");
  assert.match(await why("build:image"), /it needs:\n(.*\n)*.*= layer model: fresh \([0-9a-f]{12}\)/);
});

test("a model that changed: old and new, and the steps that wait for it", async () => {
  await made.write({ "model.pkl": "another" });
  assert.match(await why("fetch:model"), /model\.pkl changed \([0-9a-f]{12} → [0-9a-f]{12}\)/);
  assert.match(
    await why("layer:model"),
    /layer model: runs if fetch:model or scan:model makes something else\n(.*\n)*.*fetch model: runs, model\.pkl changed/,
  );
  assert.match(await why("build:image"), "build image: runs if layer:model makes something else");
  await apply("--only", "fetch:model");
  assert.match(
    await why("layer:model"),
    /layer model runs:\n {2}fetch:model made something else \([0-9a-f]{12} → [0-9a-f]{12}\)/,
  );
  await apply();
  assert.match(await why("build:image"), "is fresh");
});

test("a variable that changed is named, and not told", async () => {
  await made.configure(yamlWith(`${SECRET}-2`));
  assert.match(await why("render"), "`environment.variables.TOKEN` changed\n");
  await apply(...CHOICE);
});

test("a base image that moved: its name, old and new digest", async () => {
  await docker(
    ["build", "--quiet", "--tag", BASE, "-"],
    `FROM ${PYTHON_IMAGE}\nLABEL moved=${workspace.prefix}\n`,
  );
  const moved = /the base image `\S+-base:1` moved \([0-9a-f]{12} → [0-9a-f]{12}\)/;
  assert.match(await why("render"), "is fresh");
  const { exitCode, stderr } = await made.call(["lock", "--upgrade", "base_image"]);
  assert.is(exitCode, 0, stderr);
  assert.match(await why("render"), moved);
  const planned = await made.call(["plan", ...CHOICE]);
  assert.match(planned.stdout, moved);
  await apply(...CHOICE);
});

test("a record that was removed, one that is damaged, and an output that is gone", async () => {
  await rm(await findRecord("render"));
  assert.match(await why("render"), "its record was removed from the cache");
  await apply(...CHOICE);
  await writeFile(await findRecord("render"), "{");
  assert.match(await why("render"), "its record in the cache was damaged");
  assert.match(await why("render"), "its record in the cache was damaged", "looking changes nothing");
  assert.match(await apply(...CHOICE), "its record in the cache was damaged");
  await apply();
  await rm(made.at("out/Dockerfile"));
  assert.match(await why("save:out"), "out/Dockerfile is gone or was changed");
});

test("a plan as JSON is what its schema says, with and without a file", async () => {
  await made.write({ "score.py": `${ECHO_SCRIPT}# 1\n` });
  const schema = await readFile(new URL("../../schemas/plan.schema.json", import.meta.url), "utf8");
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(schema));
  const whole = await made.call(["plan", "--json", "--detailed-exitcode"]);
  assert.is(whole.exitCode, 2, whole.stderr);
  assert.ok(validate(JSON.parse(whole.stdout)), JSON.stringify(validate.errors));
  const printed = await made.call(["plan", "--json", "--out", planPlace, ...CHOICE]);
  assert.is(printed.exitCode, 0, printed.stderr);
  const plan = JSON.parse(printed.stdout);
  assert.ok(validate(plan), JSON.stringify(validate.errors));
  assert.equal(plan, JSON.parse(await readFile(planPlace, "utf8")));
});

test("a plan is applied as it says, and once", async () => {
  const applied = await made.call(["apply", planPlace, "--json"]);
  assert.is(applied.exitCode, 0, applied.stderr);
  const { steps } = JSON.parse(applied.stdout) as { steps: readonly { id: string; status: string }[] };
  const done = Object.fromEntries(steps.map(({ id, status }) => [id, status]));
  assert.equal(done, { "fetch:model": "fresh", "lock:packages": "fresh", render: "succeeded" });
  const again = await made.call(["apply", planPlace]);
  assert.is(again.exitCode, 64, again.stderr);
  assert.match(again.stderr, /error\[cli\/stale-plan\](.*\n)+.*render runs in the plan, and is fresh now/);
});

test("a plan is refused once something changed, and nothing has run", async () => {
  await made.write({ "score.py": `${ECHO_SCRIPT}# 2\n` });
  assert.is((await made.call(["plan", "--out", planPlace, ...CHOICE])).exitCode, 0);
  await made.write({ "score.py": `${ECHO_SCRIPT}# 3\n` });
  const { exitCode, stderr } = await made.call(["apply", planPlace]);
  assert.is(exitCode, 64, stderr);
  assert.match(stderr, /error\[cli\/stale-plan\](.*\n)+.*render has different inputs now/);
  assert.match(stderr, "hint: type `mlpackage plan --out FILE`");
  assert.match(await why("render"), "score.py changed");
});

test("what is no plan, or a plan of something else, or a choice besides", async () => {
  const stranger = await workspace.makePackage("stranger", `models: []\nbase_image: ${BASE}\n`);
  for (const [folder, args, code] of [
    [stranger, [planPlace], "cli/plan-of-another-package"],
    [made, ["score.py"], "cli/not-a-plan"],
    [made, ["missing.json"], "cli/not-a-plan"],
    [made, [planPlace, "--only", "render"], "cli/plan-and-choice"],
  ] as const) {
    const { exitCode, stderr } = await folder.call(["apply", ...args]);
    assert.is(exitCode, 64, stderr);
    assert.match(stderr, `error[${code}]`);
  }
  const inCode = await made.call(["plan", "--out", "plan.json"]);
  assert.is(inCode.exitCode, 64);
  assert.match(inCode.stderr, /error\[cli\/place-in-code\](.*\n)+.*\.mlpackage-plan\.json/);
});

test("no secret was printed", async () => {
  const written = [await readFile(planPlace, "utf8"), await readFile(tracePlace, "utf8")];
  assert.ok(workspace.printed.length > 20);
  assert.not.match([...workspace.printed, ...written].join("\n"), SECRET);
});

test.run();

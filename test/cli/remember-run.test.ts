import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Assembly } from "../../src/cli/assemble.ts";
import { createRunMemory } from "../../src/cli/remember-run.ts";
import type { Session } from "../../src/cli/session.ts";
import { readManifest } from "../../src/execution/manifest.ts";
import { createLocks } from "../../src/host/locks.ts";
import { identifyProcess } from "../../src/host/process-identity.ts";
import { digestOf } from "../../src/model/digest.ts";
import { fingerprint } from "../../src/plan/fingerprint.ts";
import { makeHost } from "../fakes/host.ts";
import { only } from "../fakes/only.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("what a run remembers");

const whole = makeStep("test", "", { inputs: { tests: ["a", "b"] } });
const part = { ...whole, inputs: { tests: ["a"] }, whole };
const successOf = (text: string) => ({
  key: digestOf(text),
  fingerprint: fingerprint(whole, 1, {}),
  output: makeOutput(text),
});

/** One run after another of a package, each of which reads what those before it wrote. */
async function begin(folder: string) {
  const locks = createLocks(path.join(folder, "locks"), identifyProcess(), "apply in /here");
  const host = { ...makeHost(), locks };
  const manifestPath = path.join(folder, "manifest.json");
  const manifest = await readManifest(manifestPath, host.files);
  const memory = createRunMemory(only<Assembly>({ manifest, manifestPath }), only<Session>({ host }));
  return { memory, read: () => readManifest(manifestPath, host.files) };
}

test("that some tests passed neither clears a failure nor stands in for all of them", async () => {
  const folder = makeFolder();
  const applied = await begin(folder);
  applied.memory.remember(whole, successOf("all"));
  assert.is(await applied.memory.save(), true);
  const failed = await begin(folder);
  failed.memory.rememberFailure(whole, digestOf("all"));
  assert.is(await failed.memory.save(), true);
  const filtered = await begin(folder);
  filtered.memory.remember(part, successOf("some"));
  assert.is(await filtered.memory.save(), false);
  const { steps, failed: noted } = await filtered.read();
  assert.is(steps.test?.key, digestOf("all"));
  assert.equal(noted, { test: digestOf("all") });
});

test("that all passed clears it", async () => {
  const folder = makeFolder();
  const failed = await begin(folder);
  failed.memory.rememberFailure(part, digestOf("all"));
  await failed.memory.save();
  const again = await begin(folder);
  again.memory.remember(whole, successOf("all"));
  assert.is(await again.memory.save(), true);
  assert.equal((await again.read()).failed, {});
});

test.run();

import { existsSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ApplyOptions } from "../../src/cli/apply-package.ts";
import { apply } from "../../src/cli/commands/apply.ts";
import { lock } from "../../src/cli/commands/lock.ts";
import { plan } from "../../src/cli/commands/plan.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeCall, RUN_OPTIONS } from "../fakes/call.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

/** Without an engine, and with a base that nobody has to be asked about. */
const test = suite("--deny-unsafe-pickle");

const FILES = {
  "mlpackage.yaml": `name: demo
models: [model.pkl]
base_image: a@${digestOf("base")}
inference: score.py
environment: {python: {managed: false}}
`,
  "model.pkl": "cos\nsystem\n(S'true'\ntR.",
  "score.py": "def init(): ...\ndef run(data): ...\n",
};

const SAID =
  /(error|warning)\[pickle\/unsafe\]: `model\.pkl` could run other code when it is loaded.*os\.system: can run any command/s;

function openFolder(files: Readonly<Record<string, string>> = {}) {
  const workingDirectory = makeFolder({ ...FILES, ...files });
  const cacheDirectory = makeFolder();
  const call = (environment: Readonly<Record<string, string>>) => {
    const { session, said } = makeCall({}, { workingDirectory, environment });
    return { session: { ...session, cacheDirectory }, said };
  };
  const SELECTED = { only: ["layer"], force: false, noTest: true };
  return {
    hasLock: () => existsSync(path.join(workingDirectory, "mlpackage.lock")),
    applyIt: async (options: Partial<ApplyOptions> = {}, environment = {}) => {
      const { session, said } = call(environment);
      return { code: await apply(session, { ...RUN_OPTIONS, ...SELECTED, ...options }), ...said };
    },
    planIt: async (denyUnsafePickle = false, out?: string) => {
      const { session, said } = call({});
      const code = await plan(session, { ...SELECTED, denyUnsafePickle, detailedExitcode: false, out });
      return { code, ...said };
    },
    lockIt: async (denyUnsafePickle: boolean) => {
      const { session, said } = call({});
      const options = { ...RUN_OPTIONS, upgrade: [], diff: false, denyUnsafePickle };
      return { code: await lock(session, options), ...said };
    },
  };
}

test("without it, every run and every plan warns, although nothing has to be looked through again", async () => {
  const { applyIt, planIt } = openFolder();
  for (const _run of [1, 2]) {
    const { code, words } = await applyIt();
    assert.is(code, 0, words);
    assert.match(words, SAID);
    assert.match(words, "warning[pickle/unsafe]");
  }
  const { code, words } = await planIt();
  assert.is(code, 0);
  assert.match(words, "warning[pickle/unsafe]");
});

test("with it nothing of the model is made, whether it was looked through before or not", async () => {
  const { applyIt, planIt } = openFolder();
  for (const environment of [{}, { MLPACKAGE_DENY_UNSAFE_PICKLE: "1" }]) {
    const { code, words } = await applyIt({ denyUnsafePickle: true }, environment);
    assert.is(code, 1);
    assert.match(words, "error[pickle/unsafe]");
    assert.match(words, SAID);
  }
  const byVariable = await applyIt({}, { MLPACKAGE_DENY_UNSAFE_PICKLE: "1" });
  assert.is(byVariable.code, 1);
  assert.is((await applyIt({}, { MLPACKAGE_DENY_UNSAFE_PICKLE: "0" })).code, 0);
  const planned = await planIt(true);
  assert.is(planned.code, 1);
  assert.match(planned.words, "error[pickle/unsafe]");
});

test("nor is a lock written", async () => {
  const { lockIt, hasLock } = openFolder();
  const refused = await lockIt(true);
  assert.is(refused.code, 1);
  assert.match(refused.words, SAID);
  assert.not.ok(hasLock());
  assert.is((await lockIt(false)).code, 0);
  assert.ok(hasLock());
});

test("a plan that was made without is refused as well", async () => {
  const { applyIt, planIt, lockIt } = openFolder();
  assert.is((await lockIt(false)).code, 0);
  const file = path.join(makeFolder(), "plan.json");
  const planned = await planIt(false, file);
  assert.is(planned.code, 0, planned.words);
  const refused = await applyIt({ plan: file, only: [], noTest: false, denyUnsafePickle: true });
  assert.is(refused.code, 1, refused.words);
  assert.match(refused.words, SAID);
});

test("a model that is harmless is made all the same", async () => {
  const { applyIt } = openFolder({ "model.pkl": "(lp0\nI1\na." });
  const { code, words } = await applyIt({ denyUnsafePickle: true });
  assert.is(code, 0, words);
  assert.not.match(words, "pickle/");
});

test.run();

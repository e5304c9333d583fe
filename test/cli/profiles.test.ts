import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { apply } from "../../src/cli/commands/apply.ts";
import { plan } from "../../src/cli/commands/plan.ts";
import { save } from "../../src/cli/commands/save.ts";
import { validate } from "../../src/cli/commands/validate.ts";
import { packagePlaceOf } from "../../src/cli/open-package.ts";
import type { CommonOptions } from "../../src/cli/session.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeCall, RUN_OPTIONS } from "../fakes/call.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

/** Without an engine: the bases are pinned, and nothing is installed. */
const test = suite("profiles and several files");

const [plain, gpu, prod] = ["plain", "gpu", "prod"].map((word) => `a@${digestOf(word)}`);
const FILES = {
  "mlpackage.yaml": `name: demo
models: [ridge.pkl]
base_image: ${plain}
inference: {entry_script: score.py, source_directory: "."}
environment: {python: {managed: false}}
profiles:
  gpu: {base_image: "${gpu}"}
  broken: {inference: {port: "\${NOBODY_SET_THIS}"}}
`,
  "prod.yaml": `base_image: ${prod}\nmodels: [{name: ridge, version: "2"}]\n`,
  "elsewhere/far.yaml": "models: [other.pkl]\n",
  "ridge.pkl": "ridge",
  "other.pkl": "other",
  "score.py": "def init(): ...\ndef run(data): ...\n",
};

type Given = Partial<Pick<CommonOptions, "file" | "profile" | "set">>;

function openFolder() {
  const workingDirectory = makeFolder(FILES);
  return {
    at: (file: string) => path.join(workingDirectory, file),
    call: (given: Given) => {
      const { session, said } = makeCall({}, { workingDirectory });
      return { session: { ...session, options: { ...session.options, ...given } }, said };
    },
  };
}

const SAVE = { ...RUN_OPTIONS, folder: "imagefiles" };

test("each choice of profiles has its lock and its record; a file over the first has the first one's lock", async () => {
  const { at, call } = openFolder();
  const bases: Record<string, string | undefined> = {};
  const places = new Set<string>();
  for (const [lock, given] of [
    ["mlpackage.lock", {}],
    ["mlpackage+gpu.lock", { profile: ["gpu"] }],
  ] as const) {
    const { session, said } = call(given);
    assert.is(await save(session, SAVE), 0, said.words);
    places.add(packagePlaceOf(session));
    bases[lock] = /@sha256:\w+/.exec(readFileSync(at(lock), "utf8"))?.[0];
  }
  assert.equal(
    Object.values(bases),
    [plain, gpu].map((one) => one?.slice(1)),
  );
  assert.is(places.size, 2);
  const { session, said } = call({ file: ["mlpackage.yaml", "prod.yaml"] });
  assert.is(await save(session, SAVE), 0, said.words);
  assert.match(readFileSync(at("mlpackage.lock"), "utf8"), digestOf("prod"));
  assert.not.ok(existsSync(at("prod.lock")));
  places.add(packagePlaceOf(session));
  assert.is(places.size, 3);
});

test("configuration files and all locks are no code", async () => {
  const { at, call } = openFolder();
  for (const profile of [[], ["gpu"]]) {
    const { session, said } = call({ profile, file: ["mlpackage.yaml", "prod.yaml", "elsewhere/far.yaml"] });
    assert.is(await save(session, SAVE), 0, said.words);
    assert.ok(existsSync(at("imagefiles")));
  }
  const { session, said } = call({
    profile: ["gpu"],
    file: ["mlpackage.yaml", "prod.yaml", "elsewhere/far.yaml"],
  });
  assert.is(
    await plan(session, { only: ["render"], force: false, noTest: true, detailedExitcode: true }),
    0,
    said.data,
  );
});

test("validate names what it read", async () => {
  const { call } = openFolder();
  for (const [given, words] of [
    [{}, "mlpackage.yaml is valid\n"],
    [{ profile: ["gpu"] }, "mlpackage.yaml with `gpu` is valid\n"],
    [{ file: ["mlpackage.yaml", "prod.yaml"] }, "mlpackage.yaml and prod.yaml are valid\n"],
    [
      { file: ["mlpackage.yaml", "elsewhere/far.yaml", "prod.yaml"], profile: ["gpu"] },
      "mlpackage.yaml, elsewhere/far.yaml and prod.yaml with `gpu` are valid\n",
    ],
  ] as const) {
    const { session, said } = call(given);
    assert.is(await validate(session), 0, said.words);
    assert.is(said.words, words);
  }
});

test("a profile that is chosen twice counts once", async () => {
  const { at, call } = openFolder();
  const { session, said } = call({ profile: ["gpu", "gpu"] });
  assert.is(await save(session, SAVE), 0, said.words);
  assert.ok(existsSync(at("mlpackage+gpu.lock")));
  assert.not(existsSync(at("mlpackage+gpu+gpu.lock")));
});

test("every file that cannot be read is told", async () => {
  const { call } = openFolder();
  const { session, said } = call({ file: ["mlpackage.yaml", "nowhere.yaml", "elsewhere", "/dev/zero"] });
  assert.is(await validate(session), 64);
  assert.equal(said.words.match(/^error.*$/gm), [
    "error[cli/no-configuration]: there is no `nowhere.yaml`",
    "error[cli/no-configuration]: `elsewhere` is a folder",
    `error[cli/no-configuration]: \`${path.relative(session.workingDirectory, "/dev/zero")}\` is no file`,
  ]);
});

test("a plan is for the files and profiles that it was made with", async () => {
  const { at, call } = openFolder();
  assert.is(await save(call({ profile: ["gpu"] }).session, SAVE), 0);
  const made = call({ profile: ["gpu"] });
  const choice = { only: ["render"], force: false, noTest: false };
  const place = at(".mlpackage-a.plan");
  assert.is(await plan(made.session, { ...choice, detailedExitcode: false, out: place }), 0, made.said.words);
  assert.match(made.said.words, "with the same `--profile` carries it out");
  const applied = async (given: Given) => {
    const { session, said } = call(given);
    await apply(session, { ...RUN_OPTIONS, only: [], force: false, noTest: false, plan: place });
    return /^error.*$/m.exec(said.words)?.[0];
  };
  assert.equal(await applied({ profile: ["gpu"] }), undefined);
  assert.match(
    (await applied({})) ?? "",
    "is a plan for `demo in mlpackage.yaml with profile gpu`, not for `demo in mlpackage.yaml`",
  );
});

test.run();

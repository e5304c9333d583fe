import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { apply } from "../../src/cli/commands/apply.ts";
import { lock } from "../../src/cli/commands/lock.ts";
import { plan } from "../../src/cli/commands/plan.ts";
import { save } from "../../src/cli/commands/save.ts";
import { writeLock } from "../../src/cli/lock-file.ts";
import { lockName } from "../../src/cli/lock-name.ts";
import { digestOf, digestOfValue } from "../../src/model/digest.ts";
import type { LockFile } from "../../src/model/lock-file.ts";
import { type Locks, LockTimeout } from "../../src/model/locks.ts";
import { askedOf } from "../../src/plan/compare-lock.ts";
import { makeCall, RUN_OPTIONS } from "../fakes/call.ts";
import { configOf } from "../fakes/pins.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

/** Without an engine, and with a base that nobody has to be asked about. */
const test = suite("mlpackage.lock");

const image = `a@${digestOf("base")}`;
const yaml = `name: demo
models: [ridge.pkl]
base_image: ${image}
inference: score.py
environment: {python: {managed: false}}
`;
const FILES = {
  "mlpackage.yaml": yaml,
  "ridge.pkl": "ridge",
  "score.py": "def init(): ...\ndef run(data): ...\n",
};
const IN_CI = { CI: "true" };

type Files = Readonly<Record<string, string>>;

/** An mlpackage: its version, and a file of its server. */
type Tool = { readonly version: string; readonly serve: string };
const OURS: Tool = { version: "0.0.0", serve: "serve" };
const NEWER: Tool = { version: "0.2.0", serve: "serve better" };
const serverOf = ({ serve }: Tool) => digestOfValue({ "serve.py": `644 ${digestOf(serve)}` });
const SERVER = serverOf(OURS);

function openFolder(files: Files = {}) {
  const workingDirectory = makeFolder({ ...FILES, ...files });
  const read = () => readFileSync(path.join(workingDirectory, "mlpackage.lock"), "utf8");
  const call = (environment: Files, { version, serve }: Tool) => {
    const { session, said } = makeCall({}, { workingDirectory, environment });
    const runtimeDirectory = makeFolder({ "serve.py": serve });
    return { session: { ...session, runtimeDirectory, readVersion: async () => version }, said };
  };
  const saveIt = async (frozen?: boolean, environment: Files = {}, tool: Tool = OURS) => {
    const { session, said } = call(environment, tool);
    return { code: await save(session, { ...RUN_OPTIONS, frozen, folder: "imagefiles" }), ...said };
  };
  const planIt = async (environment: Files, tool: Tool) => {
    const { session, said } = call(environment, tool);
    const options = { only: ["fetch"], force: false, noTest: true, detailedExitcode: false };
    return { code: await plan(session, options), ...said };
  };
  const lockIt = async (
    upgrade: readonly string[] = [],
    diff = false,
    environment: Files = {},
    tool: Tool = OURS,
  ) => {
    const { session, said } = call(environment, tool);
    return { code: await lock(session, { ...RUN_OPTIONS, upgrade, diff }), ...said };
  };
  const hasLock = () => existsSync(path.join(workingDirectory, "mlpackage.lock"));
  return { workingDirectory, read, saveIt, planIt, lockIt, hasLock };
}

test("it is written with the first output, and left alone as long as it answers", async () => {
  const { read, saveIt, lockIt } = openFolder();
  assert.match((await saveIt()).words, "wrote: mlpackage.lock");
  const text = read();
  assert.match(text, `  image: ${image}\n`);
  assert.match(text, `      ridge.pkl: ${digestOf("ridge")} 5\n`);
  const again = await saveIt();
  assert.is(again.code, 0);
  assert.not.match(again.words, "mlpackage.lock");
  assert.match((await lockIt()).words, "mlpackage.lock is up to date");
  assert.is(read(), text);
});

for (const [what, frozen, environment] of [
  ["in CI", undefined, IN_CI],
  ["where it is frozen", true, {}],
] as const) {
  test(`${what} a lock that does not answer is refused, at the place that it does not answer`, async () => {
    const { workingDirectory, read, saveIt, lockIt, hasLock } = openFolder();
    const missing = await saveIt(frozen, environment);
    assert.is(missing.code, 64);
    assert.match(missing.words, "error[cli/stale-lock]: there is no `mlpackage.lock`");
    assert.not(hasLock());
    await lockIt();
    assert.is((await saveIt(frozen, environment)).code, 0);
    const text = read();
    writeInto(workingDirectory, "ridge.pkl", "trained anew");
    const changed = await saveIt(frozen, environment);
    assert.is(changed.code, 64);
    assert.match(changed.words, "error[cli/stale-lock]: the files of `ridge` are not those in the lock");
    assert.match(changed.words, "mlpackage.yaml:2:10");
    assert.is(read(), text);
    assert.match(
      readFileSync(path.join(workingDirectory, "imagefiles/models/ridge/0/ridge.pkl"), "utf8"),
      /^ridge$/,
    );
  });
}

for (const [what, frozen, environment] of [
  ["at a desk", undefined, {}],
  ["where `CI` says that this is none", undefined, { CI: "false" }],
  ["in CI with `--no-frozen`", false, IN_CI],
] as const) {
  test(`${what} it is brought up to date`, async () => {
    const { workingDirectory, read, saveIt } = openFolder();
    assert.is((await saveIt(frozen, environment)).code, 0);
    writeInto(workingDirectory, "ridge.pkl", "trained anew");
    assert.match((await saveIt(frozen, environment)).words, "brought up to date: mlpackage.lock");
    assert.match(read(), `ridge.pkl: ${digestOf("trained anew")} 12\n`);
  });
}

test("the command writes it in CI, too", async () => {
  const { lockIt, hasLock } = openFolder();
  assert.is((await lockIt([], false, IN_CI)).code, 0);
  assert.ok(hasLock());
});

test("what would change is shown a line a pin, and nothing is written", async () => {
  const { workingDirectory, read, lockIt, hasLock } = openFolder();
  const first = await lockIt([], true);
  assert.equal(first.data.split("\n"), [
    `+ base_image.digest: ${digestOf("base")}`,
    `+ base_image.image: ${image}`,
    "+ mlpackage.image_format: 1",
    `+ mlpackage.server: 0.0.0 ${SERVER}`,
    `+ models.ridge.files.ridge.pkl: ${digestOf("ridge")} 5`,
    "+ models.ridge.source: ridge.pkl",
    "+ version: 1",
    "",
  ]);
  assert.not(hasLock());
  await lockIt();
  const text = read();
  writeInto(workingDirectory, "ridge.pkl", "new");
  assert.is(
    (await lockIt([], true)).data,
    `~ models.ridge.files.ridge.pkl: ${digestOf("ridge")} 5 → ${digestOf("new")} 3\n`,
  );
  assert.is(read(), text);
});

test("what there is nothing of cannot be upgraded", async () => {
  const { lockIt, read } = openFolder();
  await lockIt();
  const text = read();
  const refused = await lockIt(["pyhton", "ridge"]);
  assert.is(refused.code, 64);
  assert.match(refused.words, "error[cli/unknown-upgrade]: `mlpackage.lock` has no `pyhton`");
  assert.is(read(), text);
});

const CHANGED = `~ mlpackage.server: 0.0.0 ${SERVER} → 0.2.0 ${serverOf(NEWER)}`;

test("another mlpackage brings its line up to date, and says so", async () => {
  const { read, saveIt, planIt } = openFolder();
  await saveIt();
  assert.match(read(), `\nmlpackage:\n  image_format: 1\n  server: 0.0.0 ${SERVER}\nbase_image:\n`);
  const text = read();
  assert.match(
    (await planIt({}, NEWER)).words,
    "`mlpackage.lock` is for mlpackage 0.0.0, and this is 0.2.0: `apply` writes that it is for this one",
  );
  assert.is(read(), text);
  const { code, words } = await saveIt(undefined, {}, NEWER);
  assert.is(code, 0, words);
  assert.match(words, `brought up to date: mlpackage.lock\n  ${CHANGED}\n`);
  assert.is(read(), text.replace(`0.0.0 ${SERVER}`, `0.2.0 ${serverOf(NEWER)}`));
  assert.not.match((await saveIt(undefined, {}, NEWER)).words, "mlpackage.lock");
});

for (const [what, frozen, environment, hint] of [
  ["in CI", undefined, IN_CI, "commit it, or go on with `--no-frozen`\n"],
  ["where it is frozen", true, {}, "commit it\n"],
] as const) {
  test(`${what} a lock of another mlpackage is refused, with what to type`, async () => {
    const { read, saveIt, planIt } = openFolder();
    await saveIt();
    const text = read();
    const { code, words } = await saveIt(frozen, environment, NEWER);
    assert.is(code, 64);
    assert.match(
      words,
      "error[cli/other-mlpackage]: `mlpackage.lock` is for mlpackage 0.0.0, and this is 0.2.0: the image would be different",
    );
    assert.match(words, "mlpackage.lock:6:11");
    assert.match(words, CHANGED);
    assert.match(
      words,
      `\nhint: type \`npx mlpackage@0.0.0 apply\` for the locked image; type \`mlpackage lock\` to update \`mlpackage.lock\` to this version, and ${hint}`,
    );
    assert.match((await planIt(IN_CI, NEWER)).words, "and this is 0.2.0: `apply` will refuse to go on");
    assert.is(read(), text);
    assert.is((await saveIt(false, environment, NEWER)).code, 0);
    assert.is((await saveIt(frozen, environment, NEWER)).code, 0);
  });
}

test("the same version with another server is another one, and one with the same server is not", async () => {
  const { saveIt } = openFolder();
  await saveIt();
  const changed = await saveIt(true, {}, { ...OURS, serve: "mended by hand" });
  assert.is(changed.code, 64);
  assert.match(changed.words, "`mlpackage.lock` is for a different build of mlpackage 0.0.0");
  assert.not.match(changed.words, "npx");
  assert.is((await saveIt(true, {}, { ...OURS, version: "0.0.1" })).code, 0);
});

test("another image format is refused as well, by its key", async () => {
  const { read, saveIt, workingDirectory } = openFolder();
  await saveIt();
  writeInto(workingDirectory, "mlpackage.lock", read().replace("image_format: 1", "image_format: 7"));
  const refused = await saveIt(true);
  assert.is(refused.code, 64);
  assert.match(refused.words, "~ mlpackage.image_format: 7 → 1");
});

test("an older lock, which says nothing of it, is good, and gets its lines", async () => {
  const { read, saveIt, planIt, workingDirectory } = openFolder();
  await saveIt();
  const text = read();
  const older = text.replace(/^mlpackage:\n( {2}.*\n)+/m, "");
  writeInto(workingDirectory, "mlpackage.lock", older);
  const inCI = await saveIt(undefined, IN_CI);
  assert.is(inCI.code, 0, inCI.words);
  assert.match(
    inCI.words,
    "warning[cli/lock-without-mlpackage]: `mlpackage.lock` does not record its mlpackage version",
  );
  assert.match((await planIt(IN_CI, OURS)).words, "`apply` goes on all the same");
  assert.is(read(), older);
  assert.match((await saveIt()).words, "brought up to date: mlpackage.lock\n  + mlpackage.image_format: 1\n");
  assert.is(read(), text);
});

test("it is shown and resolved anew as any pin", async () => {
  const { read, saveIt, lockIt } = openFolder();
  await saveIt();
  const text = read();
  assert.is((await lockIt([], true, {}, NEWER)).data, `${CHANGED}\n`);
  assert.is((await lockIt(["mlpackage"], true, {}, NEWER)).data, `${CHANGED}\n`);
  assert.is((await lockIt(["mlpackage"])).words, "mlpackage.lock is up to date\n");
  assert.is(read(), text);
  assert.is((await lockIt([], false, IN_CI, NEWER)).words, "wrote mlpackage.lock\n");
  assert.match(read(), `server: 0.2.0 ${serverOf(NEWER)}`);
});

test("where a command of the user's own serves, no server is locked", async () => {
  const serving = yaml.replace("score.py", "{command: [serve]}");
  const { read, saveIt, workingDirectory } = openFolder({ "mlpackage.yaml": serving });
  await saveIt();
  assert.match(read(), "\nmlpackage:\n  image_format: 1\nbase_image:\n");
  assert.is((await saveIt(true, {}, NEWER)).code, 0);
  writeInto(workingDirectory, "mlpackage.yaml", yaml);
  const refused = await saveIt(true);
  assert.is(refused.code, 64);
  assert.match(refused.words, "the server that goes into the image is not in the lock");
});

test("a lock that only a newer mlpackage understands is told with its version", async () => {
  const { read, saveIt, workingDirectory } = openFolder();
  await saveIt(undefined, {}, NEWER);
  for (const [from, to] of [
    ["version: 1", "version: 2"],
    ["  image_format: 1", "  image_format: 1\n  zstd: 1.5.7"],
  ] as const) {
    const text = read();
    writeInto(workingDirectory, "mlpackage.lock", text.replace(from, to));
    const refused = await saveIt();
    assert.is(refused.code, 64);
    assert.match(refused.words, "error[cli/not-a-lock]");
    assert.match(
      refused.words,
      "hint: mlpackage 0.2.0 wrote it, and this is 0.0.0: type `npx mlpackage@0.2.0`, or remove it",
    );
    writeInto(workingDirectory, "mlpackage.lock", text);
  }
});

test("the command and a run keep apart, and what is only shown waits for nobody", async () => {
  const { read, saveIt, workingDirectory } = openFolder();
  await saveIt();
  const text = read();
  writeInto(workingDirectory, "ridge.pkl", "new");
  const held = lockName(`the lock ${path.join(workingDirectory, "mlpackage.lock")}`);
  const { session, said } = makeCall({}, { workingDirectory });
  const acquire: Locks["acquire"] = async (name, options) => {
    if (name !== held) return session.host.locks.acquire(name, options);
    throw new LockTimeout({ pid: 7, host: "here", purpose: "apply", isHere: true }, 50);
  };
  const kept = { ...session, host: { ...session.host, locks: { acquire } } };
  for (const call of [
    () => lock(kept, { ...RUN_OPTIONS, upgrade: [], diff: false }),
    () => save(kept, { ...RUN_OPTIONS, frozen: false, folder: "imagefiles" }),
  ]) {
    said.words = "";
    assert.is(await call(), 75);
    assert.match(said.words, "error[lock/timed-out]: another run resolves the same");
  }
  assert.is(await lock(kept, { ...RUN_OPTIONS, upgrade: [], diff: true }), 0);
  assert.match(said.data, digestOf("new"));
  assert.is(read(), text);
});

for (const [what, text, told, place] of [
  [
    "a merge conflict",
    "version: 1\n<<<<<<< HEAD\n=======\n>>>>>>> other\n",
    "cli/lock-conflict",
    "mlpackage.lock:2:1",
  ],
  [
    "an option of pip",
    `version: 1\nenvironment:\n  asked: {system_packages: ${digestOf("")}, python: ${digestOf("")}}\n  platforms: {linux/amd64: {python: {numpy: "1.0 --index-url=http://evil"}}}\n`,
    "cli/not-a-lock",
    "mlpackage.lock:4:45",
  ],
  ["a key nobody knows", "version: 1\nmore: 1\n", "cli/not-a-lock", "mlpackage.lock:2:7"],
  ["two documents", "version: 1\n---\nversion: 1\n", "", "mlpackage.lock:"],
] as const) {
  test(`${what} in it is told at its place, and nothing is done`, async () => {
    const { saveIt, lockIt, read, workingDirectory } = openFolder({ "mlpackage.lock": text });
    for (const call of [await saveIt(), await lockIt(), await lockIt(["all"])]) {
      assert.is(call.code, 64, call.words);
      assert.is(call.words.match(/^error\[/gm)?.length, 1, call.words);
      assert.match(call.words, told);
      assert.match(call.words, place);
    }
    assert.is(read(), text);
    assert.not(existsSync(path.join(workingDirectory, "imagefiles")));
  });
}

/** What a lock says of a package that has something to install; nothing of it is in the base. */
async function lockedYaml(text: string): Promise<string> {
  const config = configOf(text.replace(/^name: .*\n/, ""));
  const digest = digestOf("base");
  const base = { kind: "image", reference: image, digest } as const;
  const gunicorn = { name: "gunicorn", version: "23.0.0", digest: digestOf("gunicorn") };
  const known: LockFile = {
    baseImage: { image, digest },
    models: {
      ridge: { source: "ridge.pkl", files: { "ridge.pkl": { digest: digestOf("ridge"), size: 5 } } },
    },
    environment: {
      asked: askedOf(config, { base, requirements: {}, findLinks: {} }),
      platforms: { "linux/amd64": { systemPackages: {}, python: [gunicorn] } },
    },
  };
  const written = await writeLock(known);
  assert.ok(written.ok);
  return written.value;
}

test("what the lock says takes no engine to find out", async () => {
  const installing = `${yaml.replace(/^environment.*\n/m, "")}outputs: [{type: dockerfile, path: imagefiles}]\nbuild: {platforms: [linux/amd64]}\n`;
  const files = { "mlpackage.yaml": installing, "mlpackage.lock": await lockedYaml(installing) };
  const choice = { only: ["save:imagefiles"], force: false, noTest: true };
  const locked = makeCall({ ...FILES, ...files }, { environment: IN_CI });
  assert.is(await apply(locked.session, { ...RUN_OPTIONS, ...choice }), 0, locked.said.words);
  const written = path.join(locked.workingDirectory, "imagefiles/locked/requirements.txt");
  assert.is(readFileSync(written, "utf8"), `gunicorn==23.0.0 --hash=${digestOf("gunicorn")}\n`);
  const unlocked = makeCall({ ...FILES, "mlpackage.yaml": installing });
  assert.is(await apply(unlocked.session, { ...RUN_OPTIONS, ...choice }), 69, unlocked.said.words);
  assert.match(unlocked.said.words, "`lock:packages` needs one");
});

test.run();

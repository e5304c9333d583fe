import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openPackage } from "../../src/cli/open-package.ts";
import { readOrigin } from "../../src/cli/read-origin.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { Pin } from "../../src/model/source.ts";
import { type Pins, UNPINNED } from "../../src/plan/pins.ts";
import { makeCall } from "../fakes/call.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("readOrigin");

const YAML = `name: demo
inference: {command: [serve], source_directory: src}
outputs: [{type: image, tags: ["r.example/demo:1"], push: true, attest: true}]
`;
const FILES = { "mlpackage.yaml": YAML, "src/serve": "x" };

async function originOf(
  workingDirectory: string,
  { set = [], pins = {} }: { readonly set?: readonly string[]; readonly pins?: Partial<Pins> } = {},
) {
  const { PATH = "" } = process.env;
  const { session } = makeCall({}, { workingDirectory, environment: { PATH, HOME: workingDirectory } });
  const asked = { ...session, options: { ...session.options, set } };
  const opened = await openPackage(asked);
  if (!opened.ok) throw new Error(opened.diagnostics.map(({ message }) => message).join("; "));
  return readOrigin(asked, opened.value, { ...UNPINNED, ...pins });
}

/** Runs git in a folder, as somebody. */
function gitIn(folder: string) {
  const env = {
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@b",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@b",
  };
  return async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await execa("git", ["-C", folder, ...args], { env: { ...env, HOME: folder } });
    return stdout.trim();
  };
}

test("who attests nothing is not asked", async () => {
  const { workingDirectory } = makeCall({ ...FILES, "mlpackage.yaml": YAML.replace(", attest: true", "") });
  assert.is(await originOf(workingDirectory), undefined);
});

test("the file as it is written, and the version of mlpackage; outside a repository there is no commit", async () => {
  const { workingDirectory } = makeCall(FILES);
  assert.equal(await originOf(workingDirectory), {
    toolVersion: "0.0.0",
    configurations: [{ name: "mlpackage.yaml", digest: digestOf(YAML) }],
    profiles: [],
    overrides: {},
  });
});

test("the commit that changed the package last, while all of it is committed", async () => {
  const { workingDirectory: root } = makeCall({
    other: "1",
    ...Object.fromEntries(Object.entries(FILES).map(([name, text]) => [`package/${name}`, text])),
  });
  const folder = path.join(root, "package");
  const git = gitIn(root);
  await git("init", "--quiet");
  await git("add", ".");
  await git("commit", "--quiet", "--message", "one");
  const id = await git("rev-parse", "HEAD");
  assert.equal((await originOf(folder))?.commit, { id });
  writeFileSync(path.join(root, "other"), "2");
  await git("commit", "--quiet", "--all", "--message", "two");
  assert.equal((await originOf(folder))?.commit, { id });
  for (const [file, text] of [
    ["src/serve", "y"],
    ["src/new", ""],
    ["mlpackage.lock", ""],
  ] as const) {
    writeFileSync(path.join(folder, file), text);
    const pins = { code: { serve: "644 a", ...(file === "src/new" && { new: "644 a" }) } };
    assert.is((await originOf(folder, { pins }))?.commit, undefined, file);
    if (text === "") rmSync(path.join(folder, file));
    else await git("checkout", "--quiet", ".");
  }
  for (const [remote, repository] of [
    ["https://ann:s3cret@git.example.com/team/d.git", "https://git.example.com/team/d.git"],
    ["git@git.example.com:team/d.git", "ssh://git.example.com/team/d.git"],
    ["ssh://git@git.example.com/d", "ssh://git.example.com/d"],
    ["/home/ann/d.git", undefined],
    ["../d", undefined],
  ] as const) {
    await git("config", "remote.origin.url", remote);
    const commit = { id, ...(repository !== undefined && { repository }) };
    assert.equal((await originOf(folder))?.commit, commit, remote);
  }
});

test("what runs write into the folder is no change of it, and what goes into the image untracked is", async () => {
  const { workingDirectory: root } = makeCall(FILES);
  const git = gitIn(root);
  await git("init", "--quiet");
  await git("add", ".");
  await git("commit", "--quiet", "--message", "one");
  const commit = { id: await git("rev-parse", "HEAD") };
  const written = ["ready.plan", "dist/a.tar", "vendored/vendor.json", "trace.json", "src/saved/Dockerfile"];
  for (const file of written) writeInto(root, file, "written");
  const code = { serve: "644 a" };
  assert.equal((await originOf(root, { pins: { code } }))?.commit, commit);
  const model = (origin: string) => ({
    models: [{ identity: { files: { a: { origin } } } } as unknown as Pin],
  });
  for (const pins of [
    { code: { ...code, "saved/Dockerfile": "644 a" } },
    model("./dist/a.tar"),
    { requirements: { "trace.json": "644 a" } },
    { findLinks: { vendored: { "vendor.json": "644 a" } } },
    { base: { kind: "oci-layout" as const, path: "dist/a.tar", digest: "" } },
  ])
    assert.is((await originOf(root, { pins }))?.commit, undefined, JSON.stringify(pins));
});

test("where a shallow clone ends there is no commit, and before that there is", async () => {
  const { workingDirectory: root } = makeCall(FILES);
  const git = gitIn(root);
  await git("init", "--quiet");
  await git("add", ".");
  await git("commit", "--quiet", "--message", "one");
  const first = await git("rev-parse", "HEAD");
  const clone = async (depth: number): Promise<string> => {
    const place = path.join(makeFolder({}), "clone");
    await git("clone", "--quiet", "--depth", String(depth), `file://${root}`, place);
    await gitIn(place)("remote", "remove", "origin");
    return place;
  };
  assert.equal((await originOf(await clone(1)))?.commit, { id: first });
  for (const text of ["1", "2"]) {
    writeInto(root, "other", text);
    await git("add", ".");
    await git("commit", "--quiet", "--message", text);
  }
  assert.is((await originOf(await clone(1)))?.commit, undefined);
  assert.equal((await originOf(await clone(2)))?.commit, { id: await git("rev-parse", "HEAD") });
});

test("what was overridden is named, and its value told where it can be no secret", async () => {
  const told = {
    "build.labels.team": "risk",
    "build.source_date_epoch": "5",
    base_image: "debian:bookworm-slim",
    "environment.system_packages": '["file"]',
  };
  const kept = {
    "environment.variables.TOKEN": "s3cret",
    "build.labels.link": "https://me:s3cret@example.com/",
    tests: '[{"request": {"headers": {"authorization": "s3cret"}}}]',
    models: '[{"source": "m.bin"}]',
    "inference.command": '["serve", "--token=s3cret"]',
  };
  const call = makeCall({ ...FILES, "m.bin": "m" });
  const set = Object.entries({ ...told, ...kept }).map(([place, value]) => `${place}=${value}`);
  const origin = await originOf(call.workingDirectory, { set });
  const nothing = Object.fromEntries(Object.keys(kept).map((place) => [place, null]));
  assert.equal(origin?.overrides, { ...told, ...nothing });
  assert.not.match(JSON.stringify(origin), "s3cret");
});

test.run();

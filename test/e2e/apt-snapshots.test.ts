// A mirror that has moved on since packages were locked: they come from the snapshots that the base's sources name.
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import * as assert from "uvu/assert";
import { type ArchiveState, startAptArchive } from "./apt-archive.ts";
import { docker } from "./engine.ts";
import { timedSuite } from "./timed-suite.ts";
import { filesBelow, sha256, succeeded } from "./vendor-calls.ts";
import { demandVariable, openWorkspace, type PackageFolder } from "./workspace.ts";

const workspace = openWorkspace("apt-snapshots");
const test = timedSuite("snapshots of apt");

const REGISTRY = demandVariable("RIG_REGISTRY");
const archive = await startAptArchive("greeting");
process.on("exit", () => archive.close());

const SNAPSHOT = "/snapshot/20250101T000000Z";
const LONG_AGO = 1_700_086_400;
const KEYRING = "/usr/share/keyrings/rig.gpg";

/** Sources as Debian's own images have them, and as they had them before. */
const STANZAS = `Types: deb
# ${archive.address}${SNAPSHOT}
URIs: ${archive.address}/mirror
Suites: stable
Components: main
Signed-By: ${KEYRING}
`;
const LINES = `# deb ${archive.address}${SNAPSHOT} stable main
deb ${archive.address}/mirror stable main
`;

/** Pushes a base whose sources these are, and no others. */
async function makeBase(word: string, file: string, sources: string): Promise<string> {
  const [tag, context] = [
    `${REGISTRY}/${workspace.prefix}/${word}:1`,
    path.join(workspace.folder, `base-${word}`),
  ];
  await mkdir(context);
  await writeFile(path.join(context, "rig.gpg"), archive.publicKey);
  await writeFile(path.join(context, "sources"), sources);
  await writeFile(
    path.join(context, "Dockerfile"),
    `FROM debian:bookworm-slim
RUN rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
COPY rig.gpg ${KEYRING}
COPY rig.gpg /etc/apt/trusted.gpg.d/rig.gpg
COPY sources ${file}
`,
  );
  await docker(["buildx", "build", "--quiet", "--provenance=false", "--load", "--tag", tag, context]);
  await docker(["push", "--quiet", tag]);
  return tag;
}

async function makePackage(word: string, file: string, sources: string): Promise<PackageFolder> {
  const base = await makeBase(word, file, sources);
  return workspace.makePackage(
    word,
    `base_image: ${base}
environment: {python: {managed: false}, system_packages: [greeting]}
outputs: [{type: oci-archive, path: image.tar}]
`,
  );
}

let caches = 0;

/** Nothing is remembered: of no step, and by no builder. */
async function withoutCaches() {
  await docker(["builder", "prune", "--all", "--force"]);
  caches += 1;
  return { environment: { MLPACKAGE_CACHE_DIR: path.join(workspace.folder, `steps-${caches}`) } };
}

const FRESH: ArchiveState = { version: "1.0" };
const NEWER: ArchiveState = { version: "2.0" };
/** What its lists were valid for is long over. */
const KEPT: ArchiveState = { version: "1.0", validUntil: LONG_AGO };

for (const [word, what, file, sources, moveOn] of [
  [
    "stanzas",
    "a version",
    "/etc/apt/sources.list.d/debian.sources",
    STANZAS,
    () => archive.set("/mirror", NEWER),
  ],
  ["lines", "a suite", "/etc/apt/sources.list", LINES, () => archive.remove("/mirror")],
] as const) {
  test(`${what} that is gone from the mirror comes from the snapshot, and the image is the same: ${word}`, async () => {
    archive.set("/mirror", FRESH);
    archive.set(SNAPSHOT, KEPT);
    const made = await makePackage(word, file, sources);
    archive.requests.splice(0);
    await succeeded(made, ["apply", "--no-test"], await withoutCaches());
    assert.match(readFileSync(made.at("mlpackage.lock"), "utf8"), /greeting: .?1\.0/);
    assert.not(
      archive.requests.some((url) => url.startsWith("/snapshot")),
      archive.requests.join("\n"),
    );
    const before = sha256(made.at("image.tar"));

    moveOn();
    await succeeded(made, ["apply", "--no-test", "--frozen"], await withoutCaches());
    assert.ok(archive.requests.includes(`${SNAPSHOT}/pool/greeting_1.0_all.deb`));
    assert.is(sha256(made.at("image.tar")), before);

    await succeeded(made, ["vendor", "kept", "--frozen"], await withoutCaches());
    assert.ok(filesBelow(made.at("kept")).includes("debian/linux_amd64/greeting_1.0_all.deb"));
    await succeeded(made, ["apply", "--no-test", "--offline", "--vendor", "kept"], await withoutCaches());
    assert.is(sha256(made.at("image.tar")), before);
  });
}

for (const [word, what, sources, snapshot] of [
  ["unnamed", "no snapshot is named", STANZAS.replace(/^#.*\n/m, ""), KEPT],
  ["forged", "the snapshot is signed by somebody else", STANZAS, { ...KEPT, isForged: true }],
  ["later", "the snapshot has it no more", STANZAS, NEWER],
] as const) {
  test(`where ${what}, the version that is gone is told, with what to type`, async () => {
    archive.set("/mirror", FRESH);
    archive.set(SNAPSHOT, KEPT);
    const made = await makePackage(word, "/etc/apt/sources.list.d/debian.sources", sources);
    const caches = await withoutCaches();
    await succeeded(made, ["lock"], caches);
    archive.set("/mirror", NEWER);
    archive.set(SNAPSHOT, snapshot);
    archive.requests.splice(0);
    for (const args of [
      ["apply", "--no-test"],
      ["vendor", "kept"],
    ]) {
      const { exitCode, stderr } = await made.call([...args, "--frozen"], caches);
      assert.is(exitCode, 1, stderr);
      assert.match(
        stderr,
        "error[build/system-package-not-found]: the base image's package sources have no `greeting` 1.0\n",
      );
      assert.match(stderr, "mlpackage lock --upgrade system_packages");
      assert.is(archive.requests.includes(`${SNAPSHOT}/pool/greeting_1.0_all.deb`), false);
    }
  });
}

test.run();

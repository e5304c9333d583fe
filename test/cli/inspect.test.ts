// `inspect` and `diff`, on archives and layouts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { diff } from "../../src/cli/commands/diff.ts";
import { inspect } from "../../src/cli/commands/inspect.ts";
import type { ImageDifference } from "../../src/model/image-difference.ts";
import type { InspectedImage } from "../../src/model/inspected-image.ts";
import { makeCall } from "../fakes/call.ts";
import { type FakeLayer, imageFiles, makeTar } from "../fakes/image-files.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("inspect and diff");

const SITE = "usr/local/lib/python3.12/site-packages";
const OPTIONS = { platform: undefined, files: true, full: false };

type Contents = {
  readonly version?: string;
  readonly weights?: string;
  readonly score?: string;
  readonly six?: string;
  readonly variables?: readonly string[];
  readonly config?: object;
};

async function layersOf(contents: Contents): Promise<readonly FakeLayer[]> {
  const { version = "3", weights = "weights", score = "one\ntwo\nthree\n", six = "1.0" } = contents;
  const [base, packages, model, server, code] = await Promise.all(
    [
      {
        [`${SITE}/pip-24.dist-info/METADATA`]: "Name: pip\nVersion: 24\n",
        "var/lib/dpkg/status": "Package: libc6\nStatus: install ok installed\nVersion: 2\n",
      },
      { [`${SITE}/six-${six}.dist-info/METADATA`]: `Name: six\nVersion: ${six}\n` },
      { [`var/azureml-app/azureml-models/ridge/${version}/m.bin`]: weights },
      { "opt/mlpackage/runtime/mlpackage_runtime/version.py": 'VERSION = "0.1.0"\n' },
      { "var/azureml-app/app/score.py": score },
    ].map(makeTar),
  );
  const empty = Buffer.alloc(1024);
  return [
    { madeBy: "ADD rootfs with TOKEN=hunter2", tar: base ?? empty },
    { madeBy: "mlpackage: Python packages", tar: packages ?? empty },
    { madeBy: "mlpackage: model ridge", tar: model ?? empty },
    { madeBy: "mlpackage: server", tar: server ?? empty },
    { madeBy: "mlpackage: code", tar: code ?? empty },
  ];
}

async function filesOf(contents: Contents = {}) {
  const { variables = ["PATH=/bin", "AML_APP_ROOT=/var/azureml-app", "API_TOKEN=hunter2"] } = contents;
  return imageFiles(await layersOf(contents), {
    Env: variables,
    Cmd: ["serve", "--token", "hunter2"],
    User: "1000:1000",
    ExposedPorts: { "5001/tcp": {} },
    Labels: { "org.opencontainers.image.base.name": "python:3.12-slim", DB_PASSWORD: "hunter2" },
    ...contents.config,
  });
}

/** Calls a command in a folder with these folders in it. */
async function call(
  folders: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>,
  run: (session: ReturnType<typeof makeCall>["session"]) => Promise<number>,
  json = false,
) {
  const workingDirectory = makeFolder();
  for (const [folder, files] of Object.entries(folders))
    for (const [name, content] of Object.entries(files))
      writeInto(workingDirectory, `${folder}/${name}`, content);
  const { session, said } = makeCall({}, { workingDirectory });
  const code = await run({ ...session, options: { ...session.options, json } });
  return { code, ...said };
}

const inspected = async (files: Readonly<Record<string, string | Uint8Array>>, options = {}) =>
  call({ image: files }, (session) => inspect(session, { image: "image", ...OPTIONS, ...options }));

test("an image is told of whole: models, packages, code, settings and layers", async () => {
  const files = await filesOf();
  const { code, data } = await call(
    { image: files },
    (session) => inspect(session, { image: "image", ...OPTIONS }),
    true,
  );
  assert.is(code, 0);
  const image = JSON.parse(data) as InspectedImage;
  assert.is(image.from, "folder");
  assert.is(image.serverVersion, "0.1.0");
  assert.equal(
    image.models.map(({ name, version, files: all }) => [name, version, all.map(({ path: one }) => one)]),
    [["ridge", "3", ["m.bin"]]],
  );
  assert.equal(
    image.packages.python.map(({ name, isOfBase }) => [name, isOfBase]),
    [
      ["pip", true],
      ["six", false],
    ],
  );
  assert.equal(image.base, { reference: "python:3.12-slim" });
  assert.equal(
    image.layers.map(({ part }) => part),
    ["base", "packages", "model", "server", "code"],
  );
  assert.equal(image.variables, [
    { name: "PATH" },
    { name: "AML_APP_ROOT", value: "/var/azureml-app" },
    { name: "API_TOKEN" },
  ]);
});

test("as text, what a secret may be is nowhere, and what a name does to a terminal neither", async () => {
  const { code, data } = await inspected(
    await filesOf({ config: { WorkingDir: "/app\u001b[2J", Labels: { "a\u0007b": "c" } } }),
  );
  assert.is(code, 0);
  assert.not.match(data, "hunter2");
  assert.not.match(data, "\u001b");
  assert.not.match(data, "\u0007");
  for (const words of [
    "ridge, version 3",
    "six 1.0",
    "1 of the base image",
    "app/score.py",
    "mlpackage 0.1.0",
  ])
    assert.ok(data.includes(words), `${words} is missing:\n${data}`);
});

test("with --no-files no layer of a model is read, and its name is known all the same", async () => {
  const { code, data } = await inspected(await filesOf(), { files: false });
  assert.is(code, 0);
  assert.ok(data.includes("ridge, of a version that was not read"), data);
  assert.ok(data.includes("--no-files"), data);
});

test("an archive is read where it lies, whether it is an OCI layout or of docker's own form", async () => {
  const files = await filesOf();
  const oci = await makeTar(files);
  const layers = await layersOf({});
  const config = Object.values(files).find((one) => String(one).includes('"rootfs"')) ?? "";
  const docker = await makeTar({
    "config.json": config,
    ...Object.fromEntries(layers.map(({ tar }, index) => [`${index}/layer.tar`, tar])),
    "manifest.json": JSON.stringify([
      { Config: "config.json", Layers: layers.map((_, index) => `${index}/layer.tar`) },
    ]),
  });
  const { code, data, words } = await call({ "": { "oci.tar": oci, "docker.tar": docker } }, (session) =>
    diff(session, { first: "oci.tar", second: "docker.tar", ...OPTIONS }),
  );
  assert.is(code, 0, words);
  assert.is(data, "oci.tar and docker.tar hold the same\n");
});

async function compare(before: Contents, after: Contents, json = false) {
  return call(
    { a: await filesOf(before), b: await filesOf(after) },
    (session) => diff(session, { first: "a", second: "b", ...OPTIONS }),
    json,
  );
}

test("of two images each change is told: model, package, line of the code, and the most important first", async () => {
  const { code, data } = await compare(
    {},
    {
      ...{ version: "4", weights: "others!", score: "one\n2\nthree\n", six: "1.1" },
      variables: ["PATH=/bin", "AML_APP_ROOT=/srv", "API_TOKEN=hunter3", "NEW=1"],
      config: { User: "root", Cmd: ["serve"] },
    },
  );
  assert.is(code, 1);
  const expected = [
    "models",
    "  ~ ridge: version 3 → version 4, 2.0 kB",
    "Python packages",
    "  ~ six 1.0 → 1.1",
    "code",
    "    -two",
    "    +2",
    "settings",
    "  ~ user: 1000:1000 → root",
    "  ~ variable AML_APP_ROOT: /var/azureml-app → /srv",
    "  ~ variable API_TOKEN: changed",
    "  + variable NEW: added",
    "layers",
    "a and b differ in 1 model, 1 package, 1 file of the code, ",
  ];
  const places = expected.map((line) => data.indexOf(`\n${line}`.slice(line === "models" ? 1 : 0)));
  assert.equal(
    places,
    places.toSorted((x, y) => x - y),
    data,
  );
  assert.ok(!places.includes(-1), `${expected[places.indexOf(-1)]} is missing:\n${data}`);
  assert.not.match(data, "hunter");
});

test("what is compared is not what is shown: another secret is another image", async () => {
  const { code, data } = await compare({}, { config: { Cmd: ["serve", "--token", "hunter3"] } });
  assert.is(code, 1);
  assert.ok(data.includes("~ settings that are not shown: changed"), data);
});

test("as JSON the same, with the lines", async () => {
  const { code, data } = await compare({}, { score: "one\n2\nthree\n" }, true);
  assert.is(code, 1);
  const { code: files, isSame, models } = JSON.parse(data) as ImageDifference;
  assert.is(isSame, false);
  assert.equal(models, []);
  assert.equal(files[0]?.lines, {
    ...{ added: 1, removed: 1, omitted: 0 },
    shown: ["@@ -1,3 +1,3 @@", " one", "-two", "+2", " three"],
  });
});

test("long changes are cut, with a count", async () => {
  const lines = (word: string) => Array.from({ length: 500 }, (_, line) => `${word} ${line}\n`).join("");
  const { data } = await compare({ score: lines("a") }, { score: lines("b") });
  assert.ok(data.includes("+500 −500"), data);
  assert.ok(data.includes("and 801 more lines"), data);
});

test("code that is no text is told by size and digest", async () => {
  const { data } = await compare({ score: "a\0b" }, { score: "a\0bc" });
  assert.match(data, /~ app\/score\.py \(3 B → 4 B, [0-9a-f]{12} → [0-9a-f]{12}\)/);
});

/** The files of an image without what lies under the digest of a layer, or with other bytes there. */
async function damaged(change: (layer: Uint8Array) => Uint8Array | undefined) {
  const layers = await layersOf({});
  const files = { ...imageFiles(layers) };
  const place = Object.keys(files).find((name) => files[name] === layers[4]?.tar) ?? "";
  const changed = change(layers[4]?.tar ?? new Uint8Array());
  delete files[place];
  return { ...files, ...(changed !== undefined && { [place]: changed }) };
}

for (const [what, make, code, message] of [
  ["misses a layer", () => damaged(() => undefined), "inspect/unreadable", "is missing"],
  [
    "has other bytes in a layer",
    () => damaged((tar) => gzipSync(tar.subarray(0, 512))),
    "inspect/unreadable",
    "is no whole tar",
  ],
  [
    "has no JSON in it",
    async () => ({ "index.json": "{" }),
    "inspect/unreadable",
    "its manifest is not valid",
  ],
  [
    "is for another platform",
    async () => imageFiles([], {}, "s390x"),
    "inspect/no-platform",
    "it is not made for linux/amd64, but for linux/s390x",
  ],
] as const) {
  test(`an image that ${what} is refused, with what to do`, async () => {
    const { code: exitCode, words } = await inspected(await make(), { platform: "linux/amd64" });
    assert.is(exitCode, 1);
    assert.ok(words.includes(`error[${code}]`), words);
    assert.ok(words.includes(message), words);
    assert.match(words, "hint: ");
  });
}

test("of an image for several platforms this machine's is told, or the one that is asked for", async () => {
  const [amd64, s390x] = [await filesOf(), imageFiles([], { User: "other" }, "s390x")];
  const entries = [s390x, amd64].flatMap((files) => JSON.parse(String(files["index.json"])).manifests);
  const files = {
    ...s390x,
    ...amd64,
    "index.json": JSON.stringify({ schemaVersion: 2, manifests: entries }),
  };
  const own = await inspected(files);
  assert.match(own.data, "platform    linux/amd64; there is linux/s390x as well");
  const other = await inspected(files, { platform: "linux/s390x" });
  assert.match(other.data, "user        other");
});

test("what cannot be compared is neither the same nor another", async () => {
  const { code, data } = await call({ a: await filesOf() }, (session) =>
    diff(session, { first: "a", second: "no.tar", ...OPTIONS }),
  );
  assert.equal([code, data], [2, ""]);
});

test("a line that is longer than anybody reads is cut", async () => {
  const { data } = await compare({ score: "x\n" }, { score: `${"y".repeat(5000)}\n` });
  assert.ok(Math.max(...data.split("\n").map(({ length }) => length)) < 320, data);
});

test("a path that is not there is no question for a registry", async () => {
  const { code, words } = await call({}, (session) => inspect(session, { image: "no.tar", ...OPTIONS }));
  assert.is(code, 1);
  assert.match(words, "error[inspect/no-image]");
});

test("an archive that was compressed is told how to be opened", async () => {
  const archive = gzipSync(readFileSync(path.join(import.meta.dirname, "inspect.test.ts")));
  const { words } = await call({ "": { "a.tar.gz": archive } }, (session) =>
    inspect(session, { image: "a.tar.gz", ...OPTIONS }),
  );
  assert.match(words, "`gunzip` it first");
});

test.run();

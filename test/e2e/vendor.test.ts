// All that a lock names in a folder, and builds from it that reach nobody: the proof is a machine without a network.
import { readFileSync } from "node:fs";
import { cp, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { startServer } from "../fakes/http-server.ts";
import { docker } from "./engine.ts";
import { startIndex } from "./python-index.ts";
import { timedSuite } from "./timed-suite.ts";
import { filesBelow, refused, sha256, succeeded } from "./vendor-calls.ts";
import { demandVariable, openWorkspace, PYTHON_IMAGE } from "./workspace.ts";

const workspace = openWorkspace("vendor");
const test = timedSuite("vendor", 240_000);

const REGISTRY = demandVariable("RIG_REGISTRY");
const WITHOUT_NETWORK = new URL("../rig/without-network.sh", import.meta.url).pathname;
const PROGRAM = new URL("../../dist/mlpackage.js", import.meta.url).pathname;

const BASE = `${REGISTRY}/${workspace.prefix}/base:1`;
await docker(["tag", PYTHON_IMAGE, BASE]);
await docker(["push", "--quiet", BASE]);
await docker(["image", "rm", BASE]);

const index = await startIndex("greeter");
index.offer("1.0", "VERSION = 'one'\n");
index.offer("2.0", "VERSION = 'addressed'\n", { named: "addressed" });
const served: string[] = [];
const web = await startServer((request, response) => {
  served.push(request.url ?? "");
  response.setHeader("etag", '"1"').end("weights from afar");
});

const SCRIPT = `import addressed, greeter, os
from numpy import array

def init():
    global weights
    weights = sorted(open(os.path.join(at, f)).read() for at, _, fs in os.walk(os.environ["AZUREML_MODEL_DIR"]) for f in fs)

def run(data):
    return [data, greeter.VERSION, addressed.VERSION, int(array([1, 2]).sum()), weights]
`;
const ANSWER = '["{}", "one", "addressed", 3, ["weights from afar", "weights from here"]]';

const yaml = (name: string) => `base_image: ${BASE}
models:
  - {source: "${web.url}/far.bin", name: far}
  - {source: near.bin, name: near}
environment:
  python: {requirements: r.txt}
  system_packages: [libgomp1, python3-numpy]
outputs: [{type: image, tags: ["${workspace.prefix}-${name}:1"]}, {type: oci-archive, path: image.tar}]
`;
const FILES = {
  "score.py": SCRIPT,
  "near.bin": "weights from here",
  "r.txt": `${index.options}greeter\naddressed @ ${index.addressOf("addressed-2.0-py3-none-any.whl")}\n`,
};

const cacheOf = (name: string) => ({
  environment: { MLPACKAGE_CACHE_DIR: path.join(workspace.folder, name) },
});

const made = await workspace.makePackage("whole", yaml("whole"), FILES);

test("vendor brings all that the lock names, and is no part of the code", async () => {
  const told = await succeeded(made, ["vendor", "kept"]);
  assert.match(told, "wrote: mlpackage.lock");
  assert.match(told, /kept has \d+ files, [\d.]+ MB: \d+ written/);
  const files = filesBelow(made.at("kept"));
  for (const wanted of [
    /^base\/index\.json$/,
    /^base\/blobs\/sha256\/[0-9a-f]{64}$/,
    /^models\/far\/far\.bin$/,
    /^python\/linux_amd64\/greeter-1\.0-py3-none-any\.whl$/,
    /^python\/linux_amd64\/addressed-2\.0-py3-none-any\.whl$/,
    /^debian\/linux_amd64\/libgomp1_\S+_amd64\.deb$/,
  ])
    assert.ok(
      files.some((file) => wanted.test(file)),
      `${wanted} in ${files.join("\n")}`,
    );
  assert.not(files.some((file) => file.includes("near.bin")));
  const list = JSON.parse(readFileSync(made.at("kept/vendor.json"), "utf8"));
  const named = list.files.map((file: { path: string }) => file.path);
  assert.equal(named, [...named].sort());
  assert.equal([...named, "vendor.json"].sort(), files);
  for (const file of list.files) assert.is(`sha256:${sha256(made.at(`kept/${file.path}`))}`, file.digest);
});

test("with a network it is the same image, and the vendor folder is not in it", async () => {
  await succeeded(made, ["apply"]);
  const { stdout } = await execa("tar", ["--list", "--file", made.at("image.tar")]);
  assert.match(stdout, "blobs/sha256");
  const listed = await docker(["run", "--rm", `${workspace.prefix}-whole:1`, "find", "/var/azureml-app"]);
  assert.not.match(listed, "kept");
  assert.match(await succeeded(made, ["apply", "--offline", "--vendor", "kept"]), "nothing to do");
});

test("run again, with an empty cache, it fetches nothing that is there and right", async () => {
  const before = readFileSync(made.at("kept/vendor.json"), "utf8");
  served.length = 0;
  const told = await succeeded(made, ["vendor", "kept"], cacheOf("second"));
  assert.match(told, "all were there");
  assert.equal(served, []);
  assert.not.match(told, "apt-get");
  assert.is(readFileSync(made.at("kept/vendor.json"), "utf8"), before);

  await rm(made.at("kept/vendor.json"));
  const foreign = await refused(made, ["vendor", "kept"], "cli/place-taken", cacheOf("second"));
  assert.match(foreign, "is not a vendor folder");
  await writeFile(made.at("kept/vendor.json"), before);
  await truncate(made.at("kept/models/far/far.bin"), 3);
  assert.match(await succeeded(made, ["vendor", "kept"], cacheOf("third")), "1 written");
  assert.equal(served, ["/far.bin"]);
});

test("where there is no network at all, it is the same image, and it answers", async () => {
  const folder = path.join(workspace.folder, "away");
  const lines = [
    `! curl --silent --max-time 3 http://${REGISTRY}/v2/`,
    `! curl --silent --max-time 3 ${web.url}/far.bin`,
    '[ -z "$(docker images --quiet)" ]',
    `node ${PROGRAM} apply --offline --vendor ../vendored`,
    `node ${PROGRAM} run --detach`,
    `node ${PROGRAM} score --data '{}'`,
    `node ${PROGRAM} stop`,
  ];
  await cp(made.at("kept"), path.join(folder, "vendored"), { recursive: true });
  for (const file of ["mlpackage.yaml", "mlpackage.lock", ...Object.keys(FILES)])
    await cp(made.at(file), path.join(folder, "package", file));
  const child = execa(
    "bash",
    [WITHOUT_NETWORK, path.join(folder, "engine"), "bash", "-ec", lines.join("\n")],
    {
      cwd: path.join(folder, "package"),
      env: { CI: "", NO_COLOR: "1", MLPACKAGE_CACHE_DIR: path.join(folder, "cache") },
      reject: false,
      all: true,
      timeout: 200_000,
      killSignal: "SIGKILL",
    },
  );
  process.on("exit", () => child.kill("SIGKILL"));
  const { exitCode, stdout, all } = await child;
  assert.is(exitCode, 0, all);
  assert.match(stdout, ANSWER);
  assert.is(sha256(path.join(folder, "package/image.tar")), sha256(made.at("image.tar")));
});

const HINT = "hint: type `mlpackage vendor kept` where there is a network";

test("what was changed in the folder is refused, and the file is named", async () => {
  const files = filesBelow(made.at("kept"));
  for (const pattern of [/^base\/blobs/, /^models/, /^python/, /^debian/]) {
    const name = files.find((file) => pattern.test(file)) ?? "";
    const place = made.at(`kept/${name}`);
    const content = readFileSync(place);
    await writeFile(place, Buffer.concat([content, Buffer.from("x")]));
    const call = ["apply", "--offline", "--vendor", "kept", "--no-test"];
    const changed = await refused(
      made,
      call,
      "cli/vendor-changed",
      cacheOf(`changed-${pattern.source.slice(1, 4)}`),
    );
    assert.match(changed, `\`kept/${name}\` has other bytes`);
    await rm(place);
    const gone = await refused(
      made,
      call,
      "cli/vendor-changed",
      cacheOf(`changed-${pattern.source.slice(1, 4)}`),
    );
    assert.match(gone, `\`kept/${name}\` is gone`);
    await writeFile(place, content);
  }
});

test("a lock that is newer than the folder: what is missing is told before any work", async () => {
  index.offer("1.1", "VERSION = 'newer'\n");
  const text = readFileSync(made.at("mlpackage.lock"), "utf8");
  await succeeded(made, ["lock", "--upgrade", "python"]);
  const call = ["apply", "--offline", "--vendor", "kept"];
  const stale = await refused(made, call, "cli/not-vendored", cacheOf("newer"));
  assert.match(stale, "`kept` lacks some of what `mlpackage.lock` lists");
  assert.match(stale, "the Python package greeter 1.1 (linux/amd64)");
  assert.not.match(stale, "addressed");
  assert.match(stale, HINT);
  await made.write({ "mlpackage.lock": text });
});

test.run();

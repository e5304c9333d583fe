// The classic image store, which engines have that are not told otherwise: no layouts, images known by configuration.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa, execaSync } from "execa";
import * as assert from "uvu/assert";
import { docker } from "./engine.ts";
import { startFaultyRegistry } from "./faulty-registry.ts";
import { timedSuite } from "./timed-suite.ts";
import { sha256, succeeded } from "./vendor-calls.ts";
import { demandVariable, openWorkspace, PYTHON_IMAGE } from "./workspace.ts";

const RIG = fileURLToPath(new URL("../rig/rig.sh", import.meta.url));
const workspace = openWorkspace("classic");
const test = timedSuite("classic store");
const REGISTRY = demandVariable("RIG_REGISTRY");

/** A rig of its own beside the one the tests run in; where that uses an engine of the user's, there can be none. */
const home = `${demandVariable("RIG_HOME")}-classic`;
const { DOCKER_HOST: _host, ...inherited } = process.env;
const environment = { ...inherited, RIG_HOME: home, RIG_CONTAINERD_STORE: "false" };
const isPossible = existsSync(path.join(demandVariable("RIG_HOME"), "engine/pid"));

async function startEngine(): Promise<Record<string, string>> {
  await execa("bash", [RIG, "up"], { env: environment, extendEnv: false, stderr: "inherit" });
  process.on("exit", () =>
    execaSync("bash", [RIG, "down", "--force"], { env: environment, extendEnv: false }),
  );
  return { DOCKER_HOST: `unix://${home}/engine/docker.sock`, DOCKER_CONFIG: `${home}/engine/docker-config` };
}

if (isPossible) {
  const engine = await startEngine();
  const ask = async (...args: string[]) => (await execa("docker", args, { env: engine })).stdout;
  const made = await workspace.makePackage(
    "echo",
    `inference: {entry_script: score.py, source_directory: src}
models: [{name: words, source: words.txt}]
tests:
  - request: {body: you}
    expect: {json: you}
outputs:
  - {type: image, tags: ["\${name}:latest"]}
  - {type: oci-archive, path: dist/image.tar}
`,
    { "src/score.py": "def init():\n    pass\n\n\ndef run(data):\n    return data\n", "words.txt": "hello" },
  );

  test("a package is built, tested and named", async () => {
    assert.match(await ask("info", "--format", "{{.Driver}}"), "overlay2");
    const { exitCode, stderr } = await made.call(["apply"], { environment: engine });
    assert.is(exitCode, 0, stderr);
    assert.match(await ask("images", "--format", "{{.Repository}}"), made.name);
    const again = await made.call(["apply"], { environment: engine });
    assert.match(again.stderr, "nothing to do", again.stderr);
  });

  test("a changed line is one new layer", async () => {
    const layers = async () =>
      JSON.parse(
        await ask("image", "inspect", "--format", "{{json .RootFS.Layers}}", `${made.name}:latest`),
      ) as string[];
    const before = await layers();
    await made.write({
      "src/score.py": "def init():\n    pass\n\n\ndef run(data):\n    return data  # changed\n",
    });
    const { exitCode, stderr } = await made.call(["apply"], { environment: engine });
    assert.is(exitCode, 0, stderr);
    const after = await layers();
    assert.equal(after.slice(0, -1), before.slice(0, -1));
    assert.is.not(after.at(-1), before.at(-1));
  });

  test("an image that is gone is brought back", async () => {
    await ask("rmi", "--force", `${made.name}:latest`);
    const { exitCode, stderr } = await made.call(["apply"], { environment: engine });
    assert.is(exitCode, 0, stderr);
    assert.match(await ask("images", "--format", "{{.Repository}}"), made.name);
  });

  test("its archive is loaded under its name", async () => {
    await ask("rmi", "--force", `${made.name}:latest`);
    assert.match(
      await ask("load", "--input", made.at("dist/image.tar")),
      `Loaded image: ${made.name}:latest`,
    );
  });

  test("what is vendored is the base that the lock names, and not what this store makes of it", async () => {
    let isWell = true;
    let slowly = false;
    const registry = await startFaultyRegistry(REGISTRY, (request, response) => {
      if (!isWell) response.writeHead(503).end();
      if (slowly)
        setTimeout(
          () => response.writeHead(307, { location: `http://${REGISTRY}${request.url}` }).end(),
          3_000,
        );
      return isWell && !slowly ? "passed" : "answered";
    });
    const stored = `${REGISTRY}/${workspace.prefix}/base:1`;
    await docker(["tag", PYTHON_IMAGE, stored]);
    await docker(["push", "--quiet", stored]);
    const base = stored.replace(REGISTRY, registry.address);
    await ask("pull", "--quiet", base);
    const vendoring = await workspace.makePackage(
      "vendoring",
      `base_image: ${base}\nenvironment: {python: {managed: false}}\noutputs: [{type: oci-archive, path: i.tar}]\n`,
    );
    await succeeded(vendoring, ["lock"], { environment: engine });
    const digest = /digest: sha256:([0-9a-f]{64})/.exec(
      readFileSync(vendoring.at("mlpackage.lock"), "utf8"),
    )?.[1];
    assert.ok(digest);

    isWell = false;
    const refused = await vendoring.call(["vendor", "kept"], { environment: engine });
    assert.is(refused.exitCode, 1, refused.all);
    assert.match(refused.stderr, "error[registry/failed]");
    assert.match(refused.stderr, "error[vendor/base-not-pinned]: the engine has");
    assert.not(existsSync(vendoring.at("kept/base")));

    [isWell, slowly] = [true, true];
    await succeeded(vendoring, ["vendor", "kept"], { environment: engine });
    const index = JSON.parse(readFileSync(vendoring.at("kept/base/index.json"), "utf8"));
    assert.is(index.manifests[0].digest, `sha256:${digest}`);
    assert.is(sha256(vendoring.at(`kept/base/blobs/sha256/${digest}`)), digest);
  });
} else {
  process.stdout.write("not run, for want of an engine of the rig's own\n");
}

test.run();

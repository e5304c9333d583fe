// What `deploy` prints for compose, run by compose itself: by the digest in the registry, and by what was only built.
import { writeFile } from "node:fs/promises";
import { load } from "js-yaml";
import * as assert from "uvu/assert";
import { docker } from "./engine.ts";
import { findTool } from "./second-tools.ts";
import { postScore } from "./serve-image.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, ECHO_SCRIPT, openWorkspace, type PackageFolder } from "./workspace.ts";

const test = timedSuite("deploy");
const workspace = openWorkspace("deploy");
const compose = await findTool("docker-compose");

const INFERENCE = `inference:
  entry_script: score.py
  worker_timeout: 5s
  resources: {cpu: 0.1, memory: 64Mi, limits: {cpu: 1.5, memory: 256Mi}}
`;
/** A script of its own, so that no other test has the image. */
const FILES = { "score.py": `${ECHO_SCRIPT}\n# deployed\n` };

/** Any free port of the machine: the one in the file may be taken. */
async function writeCompose(made: PackageFolder, text: string): Promise<string> {
  const place = made.at("compose.yaml");
  await writeFile(place, text.replace(/^ +published: .*\n/m, ""));
  return place;
}

async function upAndDown(made: PackageFolder, text: string): Promise<void> {
  if (compose === undefined) return;
  const file = await writeCompose(made, text);
  const call = (...args: readonly string[]) => compose("--file", file, ...args);
  await call("config", "--quiet");
  try {
    await call("up", "--detach", "--wait", "--wait-timeout", "50");
    const [id = ""] = (await call("ps", "--quiet")).split("\n");
    const [{ HostConfig, State }] = JSON.parse(await docker(["inspect", id]));
    assert.is(State.Health.Status, "healthy");
    assert.is(HostConfig.ReadonlyRootfs, true);
    assert.equal(HostConfig.CapDrop, ["ALL"]);
    assert.is(HostConfig.Memory, 256 * 1024 * 1024);
    assert.is(HostConfig.MemoryReservation, 64 * 1024 * 1024);
    assert.is(HostConfig.NanoCpus, 1.5e9);
    const published = (await docker(["port", id, "5001/tcp"])).split("\n")[0]?.split(":").at(-1);
    assert.is(await postScore(`http://127.0.0.1:${published}`, "you"), '"you"');
  } finally {
    await call("down", "--volumes");
  }
}

test("compose runs what was pushed, by its digest", async () => {
  const made = await workspace.makePackage("pushed", INFERENCE, FILES);
  const tag = `${demandVariable("RIG_REGISTRY")}/${made.name}:1`;
  await made.configure(`${INFERENCE}outputs: [{type: image, tags: ["${tag}"], load: false, push: true}]\n`);
  const applied = await made.call(["apply"]);
  assert.is(applied.exitCode, 0, applied.stderr);
  const noEngine = { environment: { DOCKER_HOST: "unix:///no/engine.sock" } };
  const { exitCode, stdout, stderr } = await made.call(["deploy", "--format", "compose"], noEngine);
  assert.is(exitCode, 0, stderr);
  assert.match(stdout, new RegExp(`image: ${tag.slice(0, -2)}@sha256:[0-9a-f]{64}\n`));
  await upAndDown(made, stdout);
});

test("compose runs what was only built, where it was", async () => {
  const made = await workspace.makePackage("built", INFERENCE, FILES);
  const applied = await made.call(["apply"]);
  assert.is(applied.exitCode, 0, applied.stderr);
  const { exitCode, stdout, stderr } = await made.call(["deploy", "--format", "compose"]);
  assert.is(exitCode, 0, stderr);
  const { services } = load(stdout) as { services: Record<string, { image: string }> };
  assert.match(services[made.name]?.image ?? "", /^sha256:[0-9a-f]{64}$/);
  await upAndDown(made, stdout);
});

/** As a kubelet starts it: with the user of the manifest, and what `preStop` calls. */
test("the container of a Deployment starts as its security context says", async () => {
  const made = await workspace.makePackage("cluster", INFERENCE, FILES);
  const tag = `${demandVariable("RIG_REGISTRY")}/${made.name}:1`;
  await made.configure(`${INFERENCE}outputs: [{type: image, tags: ["${tag}"], load: false, push: true}]\n`);
  assert.is((await made.call(["apply"])).exitCode, 0);
  const { stdout } = await made.call(["deploy", "--json"]);
  const { spec } = JSON.parse(stdout).documents[1].spec.template;
  const [container] = spec.containers;
  const { runAsUser, runAsGroup } = spec.securityContext;
  const closed = [
    "--read-only",
    "--tmpfs",
    "/tmp",
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
  ];
  const user = ["--user", `${runAsUser}:${runAsGroup}`];
  const id = await docker(["run", "--detach", ...closed, ...user, container.image]);
  try {
    await docker(["exec", id, ...container.lifecycle.preStop.exec.command]);
    const ask = `import urllib.request as r; print(r.urlopen("http://127.0.0.1:5001/readyz").status)`;
    assert.is(await docker(["exec", id, "python3", "-c", ask]), "200");
  } finally {
    await docker(["rm", "--force", id]);
  }
});

test.run();

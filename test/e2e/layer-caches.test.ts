// Caches of BuildKit that engines share: what one has built, another one takes, and it is the same image.
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { makeDockerConfig } from "./docker-config.ts";
import { docker } from "./engine.ts";
import { startIndex } from "./python-index.ts";
import { canHaveSecondEngine, startSecondEngine } from "./second-engine.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, openWorkspace, type PackageFolder, PYTHON_IMAGE } from "./workspace.ts";

const workspace = openWorkspace("layer-caches");
const test = timedSuite("layer caches");

const REGISTRY = demandVariable("RIG_REGISTRY");
const PRIVATE_REGISTRY = demandVariable("RIG_PRIVATE_REGISTRY");
/** In a registry that both engines reach. */
const BASE = `${REGISTRY}/${workspace.prefix}/base:1`;
const cacheAt = (tag: string, registry = REGISTRY) =>
  `type=registry,ref=${registry}/${workspace.prefix}/cache:${tag}`;

const index = await startIndex("greeter");
index.offer("1.0", "VERSION = 'one'\n");
process.on("exit", () => index.close());
await docker(["tag", PYTHON_IMAGE, BASE]);
await docker(["push", "--quiet", BASE]);

const configurationOf = (caches: string) => `base_image: ${BASE}
environment:
  python: {requirements: r.txt}
  system_packages: [libgomp1]
build: {${caches}}
outputs: [{type: oci-archive, path: image.tar}]
`;
const made = await workspace.makePackage("shared", configurationOf(`cache_to: ["${cacheAt("first")}"]`), {
  "r.txt": `${index.options}greeter\n`,
});

type Applied = { readonly digest: string; readonly ran: readonly string[]; readonly all: string };

let caches = 0;

/** Applies with a cache of steps that is new; gives the image, and the commands that were not found done. */
async function apply(engine: Readonly<Record<string, string>>, ...args: string[]): Promise<Applied> {
  caches += 1;
  const environment = { ...engine, MLPACKAGE_CACHE_DIR: path.join(workspace.folder, `steps-${caches}`) };
  const call = await made.call(["apply", "--no-test", "--progress", "json", ...args], { environment });
  assert.is(call.exitCode, 0, call.all);
  return { digest: await digestOf(made), ran: commandsRun(call.stderr), all: call.all };
}

async function digestOf(from: PackageFolder): Promise<string> {
  const archive = ["--extract", "--to-stdout", "--file", from.at("image.tar"), "index.json"];
  const { stdout } = await execa("tar", archive);
  return (JSON.parse(stdout) as { manifests: readonly { digest: string }[] }).manifests[0]?.digest ?? "";
}

/** Of those of ours at least one must have been told of. */
function commandsRun(stderr: string): readonly string[] {
  const told = stderr.split("\n").flatMap((line) => {
    const event = line.startsWith("{") ? JSON.parse(line).activity?.event : undefined;
    const isCommand = event?.type === "vertex-finished" && /^\[environment [^\]]*\] RUN /.test(event.name);
    return isCommand ? [{ name: String(event.name), cached: event.cached === true }] : [];
  });
  assert.ok(told.length >= 2, `only ${told.length} commands in ${stderr}`);
  return told.flatMap(({ name, cached }) => (cached ? [] : [name]));
}

if (canHaveSecondEngine()) {
  const second = await startSecondEngine("second");
  const forget = async (): Promise<void> => {
    await execa("docker", ["builder", "prune", "--all", "--force"], { env: second });
    await execa("docker", ["image", "prune", "--all", "--force"], { env: second });
  };
  let first: Applied;

  test("an engine that knows nothing takes what another has built, and it is the same image", async () => {
    assert.is((await made.call(["lock"])).exitCode, 0);
    await docker(["builder", "prune", "--all", "--force"]);
    first = await apply({});
    assert.is(first.ran.length, 2, first.ran.join("\n"));
    assert.not.match(first.all, "build/cache");
    await made.configure(configurationOf(`cache_from: ["${cacheAt("first")}"]`));
    const taken = await apply(second);
    assert.equal(taken.ran, []);
    assert.is(taken.digest, first.digest);
  });

  test("without the cache it is the same, and both commands run", async () => {
    await made.configure(configurationOf(""));
    await forget();
    const own = await apply(second);
    assert.is(own.ran.length, 2, own.ran.join("\n"));
    assert.is(own.digest, first.digest);
  });

  test("a folder of the package is a cache as well, and no code", async () => {
    await made.configure(configurationOf("cache_to: [{type: local, dest: .buildkit, mode: max}]"));
    assert.is((await apply({})).digest, first.digest);
    assert.ok(existsSync(made.at(".buildkit/index.json")));
    await made.configure(configurationOf("cache_from: [{type: local, src: .buildkit}]"));
    await forget();
    const taken = await apply(second);
    // BuildKit does not always find what mounts a context in such a cache.
    assert.not.match(taken.ran.join("\n"), "apt-get install");
    assert.is(taken.digest, first.digest);
    await rm(made.at(".buildkit"), { recursive: true });
  });

  test("where nothing is locked, pip is asked on top of what the cache has", async () => {
    await made.configure(configurationOf(`cache_from: ["${cacheAt("first")}"]`));
    await forget();
    await rm(made.at("mlpackage.lock"));
    const taken = await apply(second);
    assert.is(taken.ran.length, 1, taken.ran.join("\n"));
    assert.match(taken.ran[0] ?? "", "apt-get install --simulate");
    assert.is(taken.digest, first.digest);
  });
} else {
  process.stdout.write("two engines not run, for want of one of the rig's own\n");
}

test("other caches make nothing stale", async () => {
  await made.configure(configurationOf(""));
  assert.is((await made.call(["apply", "--no-test"])).exitCode, 0);
  await made.configure(configurationOf(`cache_from: ["${cacheAt("other")}"], cache_to: [type=gha]`));
  const { exitCode, stderr } = await made.call(["apply", "--no-test"]);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "nothing to do");
});

test("a cache that cannot be read is told once, and the build goes on", async () => {
  const missing = ["type=registry,ref=127.0.0.1:1/nobody/cache", cacheAt("private", PRIVATE_REGISTRY)];
  await made.configure(configurationOf(`cache_from: ["${missing.join('", "')}", "type=local,src=nowhere"]`));
  const { all } = await apply({});
  const told = all.split("\n").filter((line) => line.includes('"build/cache-not-read"'));
  assert.is(told.length, 3, all);
  assert.match(told.join("\n"), "the cache `127.0.0.1:1/nobody/cache` cannot be read: ");
  assert.match(told.join("\n"), `docker login ${PRIVATE_REGISTRY}`);
  assert.match(told.join("\n"), "/nowhere` cannot be read");
});

test("one that cannot be written fails the build, unless it may", async () => {
  const cache = cacheAt("private", PRIVATE_REGISTRY);
  await made.configure(configurationOf(`cache_to: ["${cache}"]`));
  const environment = { MLPACKAGE_CACHE_DIR: path.join(workspace.folder, "steps-unwritten") };
  const refused = await made.call(["apply", "--no-test"], { environment });
  assert.is(refused.exitCode, 1, refused.all);
  assert.is(refused.all.match(/^error\[/gm)?.length, 1, refused.all);
  assert.match(refused.all, `error[build/cache-not-written]: the cache \`${PRIVATE_REGISTRY}/`);
  assert.match(
    refused.all,
    `hint: type \`docker login ${PRIVATE_REGISTRY}\` with an account that has access; or add \`ignore-error`,
  );
  await made.configure(configurationOf(`cache_to: ["${cache},ignore-error=true"]`));
  const allowed = await apply({});
  assert.match(allowed.all, '"severity":"warning","message":"the cache');
});

test("who has logged in with docker may", async () => {
  const cache = cacheAt("private", PRIVATE_REGISTRY);
  const login = `${demandVariable("RIG_REGISTRY_USER")}:${demandVariable("RIG_REGISTRY_PASSWORD")}`;
  const engine = await makeDockerConfig(workspace, "logged-in", {
    auths: { [PRIVATE_REGISTRY]: { auth: Buffer.from(login).toString("base64") } },
  });
  await made.configure(configurationOf(`cache_from: ["${cache}"], cache_to: ["${cache}"]`));
  for (const _time of ["to write it", "to read it"]) {
    const { all } = await apply(engine);
    assert.not.match(all, "build/cache");
  }
});

test.run();

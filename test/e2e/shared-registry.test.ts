import path from "node:path";
import * as assert from "uvu/assert";
import { createSharedRepository } from "../../src/caches/shared/shared-repository.ts";
import { textOf as textOfAll } from "../../src/model/chunks.ts";
import { digestOf } from "../../src/model/digest.ts";
import { createRepository } from "../../src/registries/repository.ts";
import { makeHost } from "../fakes/host.ts";
import { once } from "../fakes/machine.ts";
import { makeDockerConfig } from "./docker-config.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, openWorkspace } from "./workspace.ts";

const REGISTRY = demandVariable("RIG_REGISTRY");
const PRIVATE = demandVariable("RIG_PRIVATE_REGISTRY");
const login = {
  username: demandVariable("RIG_REGISTRY_USER"),
  password: demandVariable("RIG_REGISTRY_PASSWORD"),
};

const workspace = openWorkspace("shared");
const demo = await workspace.makePackage("demo", "");
const test = timedSuite("shared registry");
const { signal } = new AbortController();

/** A machine of its own, as far as a cache folder makes one. */
function machine(word: string, registry: string, more: Readonly<Record<string, string>> = {}) {
  const environment = {
    MLPACKAGE_CACHE_DIR: path.join(workspace.folder, `cache-${word}`),
    MLPACKAGE_SHARED_CACHE: `oci://${registry}/${workspace.prefix}/cache`,
    ...more,
  };
  return () => demo.call(["apply", "--only", "render"], { environment });
}

async function textOf(chunks: AsyncIterable<Uint8Array> | undefined): Promise<string | undefined> {
  return chunks && textOfAll(chunks);
}

test("what one machine made, another has without making it", async () => {
  const first = await machine("first", REGISTRY, { MLPACKAGE_SHARED_CACHE_MODE: "write" })();
  assert.is(first.exitCode, 0, first.stderr);
  assert.match(first.stderr, "✔ render Dockerfile: succeeded");
  const second = await machine("second", REGISTRY)();
  assert.is(second.exitCode, 0, second.stderr);
  assert.match(second.stderr, /render Dockerfile: restored from .*\/cache/);
  assert.not.match(second.stderr, "warning");
});

test("a registry that wants a login nobody has costs a warning, and not the run", async () => {
  const anonymous = await makeDockerConfig(workspace, "anonymous", {});
  const { exitCode, stderr } = await machine("anonymous", PRIVATE, anonymous)();
  assert.is(exitCode, 0, stderr);
  assert.is(stderr.match(/^warning\[/gm)?.length, 1, stderr);
  assert.match(stderr, `docker login ${PRIVATE}`);
});

test("with a login it is one like any other, and the password is told nobody", async () => {
  const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  const loggedIn = await makeDockerConfig(workspace, "logged-in", { auths: { [PRIVATE]: { auth } } });
  const write = { ...loggedIn, MLPACKAGE_SHARED_CACHE_MODE: "write" };
  const first = await machine("writer", PRIVATE, write)();
  assert.match(first.stderr, "✔ render Dockerfile: succeeded");
  const second = await machine("reader", PRIVATE, loggedIn)();
  assert.match(second.stderr, /render Dockerfile: restored from/);
  assert.not(workspace.printed.some((text) => text.includes(login.password) || text.includes(auth)));
});

/** The place itself, over a repository that nobody else has. */
function openPlace(word: string) {
  const repository = `${workspace.prefix}/${word}`;
  const { network, clock, random } = makeHost();
  const findCredentials = async () => undefined;
  return createSharedRepository(
    createRepository({
      registry: REGISTRY,
      repository,
      network,
      clock,
      random,
      findCredentials,
      attempts: 1,
      monolithicUpTo: Number.POSITIVE_INFINITY,
    }),
  );
}

const contentOf = (text: string) => ({ size: Buffer.byteLength(text), chunks: () => once(text) });

test("nothing is in a new one", async () => {
  const place = openPlace("new");
  const key = digestOf("key");
  assert.is(await place.read("ac", key, signal), undefined);
  assert.is(await place.read("cas", key, signal), undefined);
  assert.not(await place.has(key, 3, signal));
});

test("bytes are read as they were written, under their kind and digest alone", async () => {
  const place = openPlace("bytes");
  for (const text of ["", "é\0".repeat(1_000_000)]) {
    const digest = digestOf(text);
    await place.write("cas", digest, contentOf(text), signal);
    assert.is(await textOf(await place.read("cas", digest, signal)), text);
    assert.ok(await place.has(digest, Buffer.byteLength(text), signal));
    assert.not(await place.has(digest, 1, signal));
    assert.is(await place.read("ac", digest, signal), undefined);
  }
});

test("a record names the contents it needs, so that the registry keeps them", async () => {
  const place = openPlace("records");
  const key = digestOf("key");
  const digest = digestOf("text");
  await place.write("cas", digest, contentOf("text"), signal);
  for (const text of ["first", "second"]) {
    await place.write("ac", key, { ...contentOf(text), names: [{ digest, size: 4 }] }, signal);
    assert.is(await textOf(await place.read("ac", key, signal)), text);
  }
  const tag = `step-${key.slice("sha256:".length)}`;
  const url = `http://${REGISTRY}/v2/${workspace.prefix}/records/manifests/${tag}`;
  const accept = "application/vnd.oci.image.manifest.v1+json";
  const manifest = (await (await fetch(url, { headers: { accept } })).json()) as {
    readonly artifactType: string;
    readonly layers: readonly { readonly digest: string }[];
  };
  assert.is(manifest.artifactType, "application/vnd.mlpackage.step.v1");
  assert.equal(
    manifest.layers.map((layer) => layer.digest),
    [digestOf("second"), digest],
  );
});

test("bytes that are not those of the digest are not taken", async () => {
  const place = openPlace("wrong");
  let message = "";
  await place.write("cas", digestOf("text"), contentOf("else"), signal).catch((error) => {
    message = (error as Error).message;
  });
  assert.match(message, /it answers 400/);
});

test.run();

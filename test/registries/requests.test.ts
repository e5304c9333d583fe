import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import { NetworkError } from "../../src/model/host.ts";
import { RegistryError } from "../../src/model/registry.ts";
import { isInsecure, maySendUsTo, originOf } from "../../src/registries/address.ts";
import { openRegistry, refuse, type Script } from "./scripted-registry.ts";

/** Manifests, mounts, and the patience of every small request. */
const test = suite("requests");

const { signal } = new AbortController();
const digest = digestOf("text");

async function errorOf(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Fails so often with each of these, and then leaves the request to `script`. */
const failing =
  (faults: readonly (number | "broken")[], script: Script): Script =>
  (request, response, count) => {
    const fault = faults[count - 1];
    if (fault === undefined) return script(request, response, count);
    if (fault === "broken") request.socket.destroy();
    else refuse(response, fault);
    return true;
  };

const answering =
  (status: number, headers: Readonly<Record<string, string>> = {}, text = ""): Script =>
  (_request, response) => {
    response.writeHead(status, headers).end(response.req.method === "HEAD" ? undefined : text);
    return true;
  };

test("small requests are sent again where it may help", async () => {
  const script = failing([429, "broken", 503, 500], (request, response, count) =>
    answering(request.method === "PUT" ? 201 : 200, { "content-length": "4" }, "text")(
      request,
      response,
      count,
    ),
  );
  const { repository, clock, whats } = await openRegistry(script);
  assert.is(await repository.findBlob(digest, signal), 4);
  assert.is(await repository.readManifest("v1", signal), "text");
  await repository.writeManifest("v1", "application/json", "{}", signal);
  assert.is(whats().length, 15);
  assert.equal(clock.sleeps.slice(0, 4), [250, 500, 1000, 2000]);
});

for (const [what, faults, attempts, status] of [
  ["the fifth attempt", [429, 429, 429, 429, 502], 5, 502],
  ["a refusal for good", [503, 403], 5, 403],
  ["the only attempt", [504], 1, 504],
] as const) {
  test(`${what} is the last`, async () => {
    const { repository, asked } = await openRegistry(failing(faults, answering(200)), { attempts });
    const error = await errorOf(repository.findManifest("v1", signal));
    assert.ok(error instanceof RegistryError && error.status === status, String(error));
    assert.is(asked.length, faults.length);
  });
}

test("nobody listens", async () => {
  const { repository, clock } = await openRegistry(undefined, { registry: "127.0.0.1:1" });
  const error = await errorOf(repository.findBlob(digest, signal));
  assert.ok(error instanceof NetworkError && error.code === "ECONNREFUSED", String(error));
  assert.is(clock.sleeps.length, 4);
});

test("the digest of a manifest is what the registry says, or what its bytes have", async () => {
  const said = digestOf("another");
  for (const [header, found] of [
    [{ "docker-content-digest": said }, said],
    [{ "docker-content-digest": "sha512:abc" }, digest],
    [{}, digest],
  ] as const) {
    const { repository } = await openRegistry(answering(200, header, "text"));
    assert.is(await repository.findManifest("v1", signal), found);
  }
  const { repository } = await openRegistry();
  assert.is(await repository.findManifest("v1", signal), undefined);
  assert.is(await repository.readManifest("v1", signal), undefined);
});

test("a manifest asked for by its digest has it", async () => {
  const { repository } = await openRegistry(answering(200, {}, "text"));
  assert.is(await repository.readManifest(digest, signal), "text");
  const error = await errorOf(repository.readManifest(digestOf("else"), signal));
  assert.ok(error instanceof RegistryError && /instead of/.test(error.message), String(error));
});

test("a mounted blob is there, and one that is not is told from it", async () => {
  const { repository, asked } = await openRegistry(answering(201));
  assert.ok(await repository.mountBlob(digest, "team/base", signal));
  assert.equal(asked, [{ what: "POST mount", range: "" }]);
  for (const status of [400, 401, 403, 404, 405]) {
    const refusing = await openRegistry(answering(status));
    assert.not(await refusing.repository.mountBlob(digest, "team/base", signal));
  }
});

test("an upload that a registry begins instead of a mount is taken back", async () => {
  const begins = answering(202, { location: "/v2/team/image/blobs/uploads/1" });
  for (const fate of [answering(204), answering(500)]) {
    const { repository, whats } = await openRegistry((request, response, count) =>
      (request.method === "POST" ? begins : fate)(request, response, count),
    );
    assert.not(await repository.mountBlob(digest, "team/base", signal));
    assert.equal(whats(), ["POST mount", "DELETE upload"]);
  }
});

test("a token for a mount is one for both repositories", async () => {
  const scopes: string[] = [];
  const { repository } = await openRegistry((request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    if (url.pathname === "/token") {
      scopes.push(...url.searchParams.getAll("scope"));
      response.end('{"token": "t0ken"}');
    } else if (request.headers.authorization !== undefined) response.writeHead(201).end();
    else {
      const challenge = `Bearer realm="http://${request.headers.host}/token",scope="repository:team/image:pull"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    }
    return true;
  });
  assert.ok(await repository.mountBlob(digest, "team/base", signal));
  assert.equal(scopes, ["repository:team/image:pull,push", "repository:team/base:pull"]);
});

test("a server of tokens that is busy is asked again", async () => {
  let tokens = 0;
  const { repository } = await openRegistry((request, response) => {
    if (request.url?.startsWith("/token")) {
      tokens += 1;
      if (tokens < 3) refuse(response, 503);
      else response.end('{"token": "t0ken"}');
    } else if (request.headers.authorization !== undefined) response.writeHead(200).end();
    else {
      const challenge = `Bearer realm="http://${request.headers.host}/token"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    }
    return true;
  });
  await repository.findBlob(digest, signal);
  assert.is(tokens, 3);
});

for (const [registry, variable, insecure] of [
  ["registry.lan:5000", "registry.lan:5000", true],
  ["registry.lan:5000", "other, Registry.LAN", true],
  ["registry.lan", "registry.lan", true],
  ["registry.lan:5000", "registry.lan:5001", false],
  ["registry.lan", "registry.lan:5000", false],
  ["my.registry.lan", "registry.lan", false],
  ["registry.lan", "", false],
  ["registry.lan", ",", false],
  ["registry.lan", undefined, false],
] as const) {
  test(`${registry} with \`${variable}\` is ${insecure ? "insecure" : "as any other"}`, () =>
    assert.is(isInsecure(registry, variable), insecure));
}

test("what is spoken to without TLS stays with its host", () => {
  const origin = originOf("registry.lan:5000", true);
  assert.is(origin, "http://registry.lan:5000");
  assert.ok(maySendUsTo("http://registry.lan:5000/upload", origin));
  assert.ok(maySendUsTo("http://registry.lan:5001/token", origin));
  assert.not(maySendUsTo("http://127.0.0.1:2375/", origin));
  assert.not(maySendUsTo("http://other.lan/", origin));
  assert.not(maySendUsTo("http://registry.lan:5000/", originOf("registry.lan")));
});

test.run();

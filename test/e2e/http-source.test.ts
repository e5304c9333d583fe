// Models from a web server that is as bad as they come.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import * as assert from "uvu/assert";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace } from "./workspace.ts";

const CONTENT = Buffer.from("weights ".repeat(20_000));
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");

type Answer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

const send =
  (content: Buffer, headers: http.OutgoingHttpHeaders = {}): Answer =>
  (request, response) => {
    response.writeHead(200, { "content-length": content.length, ...headers });
    response.end(request.method === "HEAD" ? undefined : content);
  };

/** What the server does for each path, and what it was asked. */
const answers = new Map<string, Answer>();
const asked: string[] = [];
const server = http.createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  const answer = answers.get(request.url ?? "");
  if (answer !== undefined) answer(request, response);
  else response.writeHead(404).end();
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
server.unref();
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const workspace = openWorkspace("http");
const remote = await workspace.makePackage("remote", "");
const test = timedSuite("http source");

/** Fetches one model from the server. */
async function fetchFrom(file: string, answer: Answer | undefined, options = "") {
  if (answer !== undefined) answers.set(`/${file}`, answer);
  asked.length = 0;
  await remote.configure(`models:\n  - source: ${origin}/${file}\n    name: remote\n${options}`);
  return remote.call(["apply", "--only", "fetch"]);
}

/** Files of the store that are whole, and of those that are not. */
async function stored(): Promise<readonly string[]> {
  if (!existsSync(workspace.cacheDirectory)) return [];
  const entries = await readdir(workspace.cacheDirectory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /blobs|incoming/.test(entry.parentPath))
    .map((entry) => path.basename(entry.name));
}

function assertOneError(stderr: string, code: string): void {
  assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
  assert.match(stderr, `error[${code}]`);
  assert.match(stderr, "mlpackage.yaml:");
}

for (const [title, code, answer, times] of [
  ["404", "source/refused", undefined, 1],
  ["401", "source/refused", (_, response) => response.writeHead(401).end(), 1],
  [
    "redirects without end",
    "source/too-many-redirects",
    (_, response) => response.writeHead(302, { location: "/redirects%20without%20end" }).end(),
    6,
  ],
  ["503 for ever", "source/refused", (_, response) => response.writeHead(503).end(), 5],
  [
    "a body that is always cut short",
    "source/unreachable",
    (_, response) => {
      response.writeHead(200, { "content-length": CONTENT.length });
      response.write(CONTENT.subarray(0, 1000), () => response.destroy());
    },
    5,
  ],
] satisfies readonly [string, string, Answer | undefined, number][]) {
  test(`${title}: one message, nothing in the store`, async () => {
    const file = encodeURIComponent(title);
    const { exitCode, stderr } = await fetchFrom(file, answer, `    sha256: ${SHA256}\n`);
    assert.is(exitCode, 1, stderr);
    assertOneError(stderr, code);
    assert.is(asked.length, times, asked.join("\n"));
    assert.equal(await stored(), []);
  });
}

test("nobody listens: one message", async () => {
  await remote.configure("models:\n  - {source: 'http://127.0.0.1:1/a.bin', name: remote}\n");
  const { exitCode, stderr } = await remote.call(["apply", "--only", "fetch"]);
  assert.is(exitCode, 1, stderr);
  assertOneError(stderr, "source/unreachable");
});

test("503, then a cut connection, then the file: fetched", async () => {
  const turns: Answer[] = [
    (_, response) => response.writeHead(503, { "retry-after": "1" }).end(),
    (_, response) => {
      response.writeHead(200, { "content-length": CONTENT.length });
      response.write(CONTENT.subarray(0, 100_000), () => response.destroy());
    },
    send(CONTENT),
  ];
  const answer: Answer = (request, response) => turns.shift()?.(request, response);
  const { exitCode, stderr } = await fetchFrom("b.bin", answer, `    sha256: ${SHA256}\n`);
  assert.is(exitCode, 0, stderr);
  assert.equal(asked, Array(3).fill("GET /b.bin"));
  assert.equal(await stored(), [SHA256]);
});

test("with sha256 the store answers for another address", async () => {
  const { exitCode, stderr } = await fetchFrom("elsewhere.bin", undefined, `    sha256: ${SHA256}\n`);
  assert.is(exitCode, 0, stderr);
  assert.equal(asked, []);
});

test("redirects are followed", async () => {
  const moved = Buffer.from("moved");
  answers.set("/c2.bin", send(moved, { etag: '"1"' }));
  const { exitCode, stderr } = await fetchFrom("c.bin", (_, response) =>
    response.writeHead(307, { location: "c2.bin" }).end(),
  );
  assert.is(exitCode, 0, stderr);
  assert.ok((await stored()).includes(createHash("sha256").update(moved).digest("hex")));
});

test("without sha256: locked as it is, and fetched again when that is asked for", async () => {
  const first = await fetchFrom("d.bin", send(Buffer.from("one"), { etag: '"1"' }));
  assert.is(first.exitCode, 0, first.stderr);
  assert.equal(asked, ["HEAD /d.bin", "GET /d.bin"]);
  assert.is(first.stderr.match(/✔ fetch remote: succeeded/g)?.length, 1, first.stderr);

  const unchanged = await fetchFrom("d.bin", send(Buffer.from("one"), { etag: '"1"' }));
  assert.match(unchanged.stderr, "nothing to do");
  assert.equal(asked, []);

  const changed = await fetchFrom("d.bin", send(Buffer.from("two"), { etag: '"2"' }));
  assert.match(changed.stderr, "nothing to do");
  assert.equal(asked, []);

  const upgraded = await remote.call(["lock", "--upgrade", "models"]);
  assert.is(upgraded.exitCode, 0, upgraded.stderr);
  assert.match(upgraded.stderr, "✔ fetch remote: succeeded");
  assert.equal(asked, ["HEAD /d.bin", "GET /d.bin"]);
  assert.is((await remote.call(["apply", "--only", "fetch"])).exitCode, 0);
  assert.equal(asked, ["HEAD /d.bin", "GET /d.bin"]);
});

test("without sha256, a server that tells no version from another is refused", async () => {
  const { exitCode, stderr } = await fetchFrom("f.bin", send(Buffer.from("one")));
  assert.is(exitCode, 1, stderr);
  assertOneError(stderr, "source/no-identity");
  assert.equal(asked, ["HEAD /f.bin"]);
});

test("a Content-Length that promises more than comes is no file", async () => {
  const before = await stored();
  const { exitCode, stderr } = await fetchFrom("e.bin", (request, response) => {
    response.writeHead(200, { "content-length": 100, connection: "close", etag: '"1"' });
    if (request.method === "HEAD") response.end();
    else response.write("short", () => response.socket?.end());
  });
  assert.is(exitCode, 1, stderr);
  assertOneError(stderr, "source/unreachable");
  assert.equal(await stored(), before);
});

test("what was fetched reaches the image under its own name", async () => {
  await remote.write({
    "score.py": `import os


def init():
    global names
    names = os.listdir(os.environ["AZUREML_MODEL_DIR"])


def run(data):
    return names
`,
  });
  await remote.configure(`models:
  - {source: "${origin}/b.bin", name: remote, sha256: ${SHA256}}
tests:
  - request: {body: x}
    expect: {json: [b.bin]}
`);
  const { exitCode, stderr } = await remote.call(["apply"]);
  assert.is(exitCode, 0, stderr);
});

test("a wrong sha256: the model is not taken, and the right one is told", async () => {
  const other = Buffer.from("other weights");
  const { exitCode, stderr } = await fetchFrom("a.bin", send(other), `    sha256: ${"a".repeat(64)}\n`);
  assert.is(exitCode, 1, stderr);
  assertOneError(stderr, "source/digest-mismatch");
  assert.match(stderr, `sha256: ${createHash("sha256").update(other).digest("hex")}`);
});

test.run();

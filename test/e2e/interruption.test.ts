// SIGINT and SIGTERM, to the program alone and to its whole group as a terminal sends it, at every stage of a run: an
// exit code that tells, nothing left behind, and a next run that succeeds.
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { docker, findContainers } from "./engine.ts";
import { startFaultyRegistry } from "./faulty-registry.ts";
import { filesLeft } from "./files-left.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, ECHO_SCRIPT, openWorkspace, type PackageFolder, PYTHON_IMAGE } from "./workspace.ts";

const workspace = openWorkspace("stop");
const test = timedSuite("interruption");

const APPLY = ["apply", "--progress", "json"];
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGKILL: undefined } as const;
type Whom = "the program" | "the group";

/** Interrupts an apply once it has printed something; gives how it ended, and how long after the signal. */
async function interrupt(made: PackageFolder, sign: string, signal: keyof typeof EXIT_CODES, whom: Whom) {
  const { child, ended } = made.start(APPLY, { detached: true });
  await new Promise<void>((resolve) => {
    let seen = "";
    child.stderr.on("data", (chunk) => {
      seen += String(chunk);
      if (seen.includes(sign)) resolve();
    });
    void ended.then(() => resolve());
  });
  await sleep(500);
  const began = performance.now();
  const { pid = 0 } = child;
  process.kill(whom === "the group" ? -pid : pid, signal);
  return { ...(await ended), afterMs: performance.now() - began };
}

async function assertNothingIsLeft(): Promise<void> {
  assert.equal(await findContainers(workspace.prefix, "test"), []);
  assert.equal(await filesLeft(workspace.cacheDirectory), []);
  const { stdout } = await execa("ps", ["-eo", "args"]);
  assert.equal(
    stdout.split("\n").filter((line) => line.includes("buildx") && line.includes(workspace.folder)),
    [],
  );
}

/** A stage of a run: a package that stays in it, what it prints once it is there, and how to get it over. */
type Stage = {
  readonly make: (word: string) => Promise<PackageFolder>;
  readonly sign: string;
  readonly hurry: (made: PackageFolder) => Promise<void>;
};

/** A web server that sends the first bytes of a model, and the rest when it is told to. */
let isSlow = true;
const CONTENT = Buffer.from("weights ".repeat(20_000));
const server = http.createServer((request, response) => {
  response.writeHead(200, { "content-length": CONTENT.length, etag: '"1"' });
  if (request.method === "HEAD") response.end();
  else if (isSlow) response.write(CONTENT.subarray(0, 1000));
  else response.end(CONTENT);
});
server.unref().on("connection", (socket) => socket.unref());
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** A registry that takes layers and then says nothing more. */
let isHanging = true;
const registry = await startFaultyRegistry(demandVariable("RIG_REGISTRY"), (request) =>
  isHanging && request.method === "PUT" ? "answered" : "passed",
);

const STAGES: Readonly<Record<string, Stage>> = {
  "a download": {
    make: (word) => workspace.makePackage(word, `models: [{name: m, source: "${origin}/${word}.bin"}]\n`),
    sign: '"fetch:m","activity"',
    hurry: async () => {
      isSlow = false;
    },
  },
  "a build": {
    make: (word) =>
      workspace.makePackage(word, "base_image: {dockerfile: base/Dockerfile}\n", {
        "base/Dockerfile": `FROM ${PYTHON_IMAGE}\nRUN echo ${workspace.prefix}-${word} && sleep 60\n`,
      }),
    sign: "sleep 60",
    hurry: (made) => made.write({ "base/Dockerfile": `FROM ${PYTHON_IMAGE}\n` }),
  },
  "the start of the service": {
    make: (word) =>
      workspace.makePackage(word, "", {
        "score.py": `import time\n\n\n${ECHO_SCRIPT.replace('print("init was called")', "time.sleep(60)")}`,
      }),
    sign: "waiting until it is ready",
    hurry: (made) => made.write({ "score.py": ECHO_SCRIPT }),
  },
  "a request of a test": {
    make: (word) =>
      workspace.makePackage(word, "tests: [{name: slow, request: {body: x}}]\n", {
        "score.py": `import time\n\n\n${ECHO_SCRIPT.replace("return data", "time.sleep(60)")}`,
      }),
    sign: '"slow"',
    hurry: (made) => made.write({ "score.py": ECHO_SCRIPT }),
  },
  "a push": {
    make: (word) =>
      workspace.makePackage(
        word,
        `outputs: [{type: image, tags: ["${registry.address}/${workspace.prefix}/${word}:1"], push: true}]\n`,
      ),
    sign: '"step":"push:',
    hurry: async () => {
      isHanging = false;
    },
  },
};

const INTERRUPTS = [
  ["SIGINT", "the group"],
  ["SIGTERM", "the program"],
] as const;

for (const [name, { make, sign, hurry }] of Object.entries(STAGES)) {
  for (const [signal, whom] of INTERRUPTS) {
    test(`${signal} to ${whom} during ${name}`, async () => {
      isSlow = true;
      isHanging = true;
      const made = await make(`${signal}-${name.replaceAll(" ", "-")}`.toLowerCase());
      const ended = await interrupt(made, sign, signal, whom);
      assert.is(ended.exitCode, EXIT_CODES[signal], ended.stderr);
      // Docker waits ten seconds for a container that does not heed its signal; ours does.
      assert.ok(ended.afterMs < 8000, `${ended.afterMs} ms`);
      assert.not.match(ended.stderr, "error[");
      await assertNothingIsLeft();
      await hurry(made);
      const next = await made.call(["apply"]);
      assert.is(next.exitCode, 0, next.stderr);
    });
  }
}

test("a second signal ends it at once", async () => {
  const made = await workspace.makePackage("twice", "base_image: {dockerfile: base/Dockerfile}\n", {
    "base/Dockerfile": `FROM ${PYTHON_IMAGE}\nRUN echo ${workspace.prefix}-twice && sleep 60\n`,
  });
  const { child, ended } = made.start(APPLY);
  await new Promise<void>((resolve) =>
    child.stderr.on("data", (chunk) => String(chunk).includes("sleep 60") && resolve()),
  );
  child.kill("SIGTERM");
  await sleep(20);
  const began = performance.now();
  child.kill("SIGTERM");
  assert.is((await ended).exitCode, 143);
  assert.ok(performance.now() - began < 1000, `${performance.now() - began} ms`);
});

test("SIGINT while an archive is written leaves no half of one, and no tag", async () => {
  const made = await workspace.makePackage(
    "archive",
    "outputs: [{type: docker-archive, path: dist/image.tar}]\n",
  );
  const ended = await interrupt(made, '"save:dist/image.tar"', "SIGINT", "the program");
  // It may have been quick enough to finish: then the archive is whole.
  const written = existsSync(made.at("dist")) ? await readdir(made.at("dist")) : [];
  if (ended.exitCode === 0) assert.equal(written, ["image.tar"]);
  else assert.equal([ended.exitCode, ...written.filter((name) => name !== "image.tar")], [130]);
  assert.is(await docker(["images", "--quiet", made.name]), "");
  const next = await made.call(["apply"]);
  assert.is(next.exitCode, 0, next.stderr);
  assert.equal(await readdir(made.at("dist")), ["image.tar"]);
});

test("killed at once, in a build: the next run succeeds", async () => {
  const made = await workspace.makePackage("killed", "base_image: {dockerfile: base/Dockerfile}\n", {
    "base/Dockerfile": `FROM ${PYTHON_IMAGE}\nRUN echo ${workspace.prefix}-killed && sleep 5\n`,
  });
  await interrupt(made, "sleep 5", "SIGKILL", "the program");
  const next = await made.call(["apply"]);
  assert.is(next.exitCode, 0, next.stderr);
});

test("killed at once, in a test: the next run removes its container", async () => {
  const made = await workspace.makePackage("killed-test", "", {
    "score.py": `import time\n\n\n${ECHO_SCRIPT.replace('print("init was called")', "time.sleep(60)")}`,
  });
  await interrupt(made, "waiting until it is ready", "SIGKILL", "the group");
  assert.is((await findContainers(workspace.prefix, "test")).length, 1);
  await made.write({ "score.py": ECHO_SCRIPT });
  const next = await made.call(["apply"]);
  assert.is(next.exitCode, 0, next.stderr);
  assert.equal(await findContainers(workspace.prefix, "test"), []);
});

test.run();

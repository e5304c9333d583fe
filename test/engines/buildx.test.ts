import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createBuildx, findBuildx } from "../../src/engines/buildx.ts";
import type { BuildEvent, BuildRequest } from "../../src/model/engine.ts";
import type { Processes, ProcessRequest, ProcessResult } from "../../src/model/host.ts";
import { type Result, succeed } from "../../src/model/result.ts";
import { renderDiagnostics } from "../../src/report/diagnostic-text.ts";
import { assertGolden } from "../assert-golden.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

/** What buildx 0.29.1 and BuildKit of Docker 28.5.2 said on standard error, recorded with `--progress=rawjson`. */
const recordings = fileURLToPath(new URL("../../fixtures/rawjson", import.meta.url));
const cases = readdirSync(recordings).flatMap((file) =>
  file.endsWith(".jsonl") ? [path.basename(file, ".jsonl")] : [],
);

const test = suite("buildx");

/** What buildx writes as the id of what it made. */
const ID = "sha256:manifest";

type Answer = Partial<ProcessResult>;

/** A buildx that says what it is told to, once. */
function createEngine(answer: Answer = {}, containerdStore = true) {
  const folder = makeFolder();
  const requests: ProcessRequest[] = [];
  const processes: Processes = {
    async run(request) {
      requests.push(request);
      for (const line of (answer.stderr ?? "").split("\n").slice(0, -1)) request.onStderrLine?.(line);
      const asked = request.args.indexOf("--iidfile");
      const place = request.args[asked + 1] ?? "";
      if (asked !== -1) writeInto(path.dirname(place), path.basename(place), `${ID}\n`);
      return { exitCode: 0, stdout: "", stderr: "", ...answer };
    },
  };
  const host = makeHost({
    processes,
    environment: { PATH: "/bin", SECRET: "x", DOCKER_CONTEXT: "other", DOCKER_HOST: "unix:///old" },
  });
  const engine = createBuildx("unix:///engine.sock", host, async () => succeed({ containerdStore }));
  const build = (change: Partial<BuildRequest> = {}): Promise<Result<string | undefined>> =>
    engine.build({
      dockerfile: path.join(folder, "Dockerfile"),
      context: folder,
      namedContexts: {},
      target: "environment",
      platforms: [],
      sourceDateEpoch: 0,
      layoutFolder: path.join(folder, "layout"),
      noCache: false,
      signal: new AbortController().signal,
      onEvent: () => {},
      ...change,
    });
  return { build, requests };
}

for (const name of cases) {
  test(`recorded: ${name}`, async () => {
    const stderr = readFileSync(`${recordings}/${name}.jsonl`, "utf8");
    const isSuccess = !stderr.includes("ERROR: ");
    const events: BuildEvent[] = [];
    const { build } = createEngine({ stderr, exitCode: isSuccess ? 0 : 1 }, false);
    const built = await build({ onEvent: (event) => events.push(event) });
    const end = built.ok ? `built ${built.value}` : renderDiagnostics(built.diagnostics, { color: false });
    assertGolden(
      `${recordings}/${name}.expected.txt`,
      `${[...events.flatMap(eventLine), "", end].join("\n")}\n`,
    );
    assertPaired(events);
  });
}

test("there are recordings", () => assert.ok(cases.length >= 10, `only ${cases.length}`));

function eventLine(event: BuildEvent): readonly string[] {
  switch (event.type) {
    case "vertex-started":
      return [`started ${event.name}`];
    case "vertex-log":
      return [`log ${JSON.stringify(event.text)}`];
    case "vertex-finished":
      return [
        `finished ${event.name}${event.cached ? " (cached)" : ""}${event.error ? ` (${event.error})` : ""}`,
      ];
    case "vertex-progress":
      return [];
  }
}

/** Each vertex starts once and ends once, in this order, however often BuildKit tells it. */
function assertPaired(events: readonly BuildEvent[]): void {
  const open = new Set<string>();
  const ended = new Set<string>();
  for (const event of events) {
    if (event.type === "vertex-started") {
      assert.not(open.has(event.vertex) || ended.has(event.vertex), `${event.name} starts twice`);
      open.add(event.vertex);
    }
    if (event.type !== "vertex-finished") continue;
    assert.ok(open.delete(event.vertex), `${event.name} ends before it starts`);
    assert.ok(event.durationMs >= 0);
    ended.add(event.vertex);
  }
}

test("the environment is what docker needs and no more", async () => {
  const { build, requests } = createEngine();
  await build();
  assert.equal(requests[0]?.environment, {
    PATH: "/bin",
    DOCKER_HOST: "unix:///engine.sock",
    BUILDX_NO_DEFAULT_ATTESTATIONS: "1",
  });
});

for (const [what, containerdStore, builder, expected] of [
  ["is in the folder", true, undefined, undefined],
  ["is in the engine alone, where the store is the classic one", false, undefined, ID],
  ["is in the folder, where a builder of its own made it", false, "remote", undefined],
] as const) {
  test(`the image ${what}`, async () => {
    const built = await createEngine({}, containerdStore).build(builder && { builder });
    assert.equal(built, succeed(expected));
  });
}

async function codeOf(answer: Answer): Promise<string | undefined> {
  const built = await createEngine(answer).build();
  return built.ok ? undefined : built.diagnostics.map(({ code }) => code).join(" ");
}

test("no buildx", async () => {
  assert.is(await codeOf({ exitCode: undefined, failure: "not-found" }), "engine/no-buildx");
});

test("a buildx that dies without a word", async () => {
  assert.is(await codeOf({ exitCode: undefined, failure: "signalled" }), "build/failed");
});

test("the plug-in's own binary is preferred", async () => {
  const config = makeFolder({ "cli-plugins/docker-buildx": "#!/bin/sh" });
  const found = await findBuildx(makeHost({ environment: { DOCKER_CONFIG: config } }));
  assert.equal(found, { command: `${config}/cli-plugins/docker-buildx`, args: [] });
});

const vertex = (name: string, error: string) =>
  `${JSON.stringify({ vertexes: [{ digest: Buffer.from(name).toString("hex"), name, started: "2026-01-01T00:00:00Z", completed: "2026-01-01T00:00:01Z", error }] })}\n`;

test("a cache that cannot be read is a warning, unless it is to be written for the first time", async () => {
  const stderr = [
    vertex(
      "importing cache manifest from r/a:1",
      "failed to configure registry cache importer: r/a:1: not found",
    ),
    vertex(
      "importing cache manifest from r/b:1",
      "failed to configure registry cache importer: r/b:1: not found",
    ),
    "WARNING: local cache import at /p/none not found due to err: no such file or directory\n",
  ].join("");
  const built = await createEngine({ stderr }).build({ cacheTo: [{ type: "registry", ref: "r/a:1" }] });
  assert.equal(built.ok && built.warnings.map(({ code, message }) => `${code} ${message.split(":")[0]}`), [
    "build/cache-not-read the cache `r/b",
    "build/cache-not-read the cache `/p/none` cannot be read",
  ]);
});

test("what a cache lacks is not why a build failed", async () => {
  const stderr = `${vertex("importing cache manifest from r/a:1", "not found")}${vertex("RUN x", "exit code: 7")}`;
  assert.is(await codeOf({ stderr, exitCode: 1 }), "build/instruction-failed");
});

test("secrets go by variables, and come back from nowhere", async () => {
  const stderr = `${vertex("RUN echo s3cr3t", "exit code: 7")}ERROR: s3cr3t\n`;
  const { build, requests } = createEngine({ stderr, exitCode: 1 });
  const events: BuildEvent[] = [];
  const secrets = [{ id: "pip", value: "s3cr3t" }];
  const built = await build({ secrets, onEvent: (event) => events.push(event) });
  assert.is(requests[0]?.environment.MLPACKAGE_BUILD_SECRET_0, "s3cr3t");
  assert.not.match(JSON.stringify([requests[0]?.args, events, built]), "s3cr3t");
  assert.match(JSON.stringify(built), "RUN echo ***");
});

test("a cache that lost a part is left aside, once", async () => {
  const words =
    "ERROR: failed to solve: failed to stat active key during commit: snapshot a does not exist\n";
  const { build, requests } = createEngine({ stderr: words, exitCode: 1 });
  const built = await build();
  assert.is(!built.ok && built.diagnostics[0]?.code, "build/lost-snapshot");
  assert.equal(
    requests.map(({ args }) => args.includes("--no-cache")),
    [false, true],
  );
});

test.run();

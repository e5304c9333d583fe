import { stripVTControlCharacters } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RunEvent } from "../../src/model/event.ts";
import type { Reporter, Terminal } from "../../src/model/reporter.ts";
import type { TransferProgress } from "../../src/model/source.ts";
import { createJsonReporter } from "../../src/report/json-lines.ts";
import { createPlainReporter } from "../../src/report/plain.ts";
import { makeStep } from "../fakes/steps.ts";
import { A_RUN } from "./a-run.ts";

const test = suite("plain and JSON lines");

function play(create: (terminal: Terminal) => Reporter, color = false): string {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  const reporter = create({ write, color, columns: () => 80, rows: () => 24 });
  for (const event of A_RUN) reporter.handle(event);
  reporter.close();
  return text;
}

test("a line an event", () => {
  assert.equal(play(createPlainReporter).split("\n"), [
    "= fetch a model with quite a long name indeed: fresh",
    "▸ render Dockerfile: it never ran here",
    "warning[plan/large-code]: the code is large",
    "✔ render Dockerfile: succeeded in 0.02 s",
    "▸ build image: it never ran here",
    "    [environment 2/2] RUN x (2.50 s)",
    "    [image 1/1] COPY y (cached)",
    "✔ build image: succeeded in 3.00 s",
    "▸ test image: it never ran here",
    "✘ test image: failed in 0.50 s",
    "2 succeeded, 1 fresh, 1 failed, 1 blocked (3.55 s)",
    "",
  ]);
});

test("an instruction that installs a hundred packages is one line of a readable length", () => {
  let text = "";
  const terminal = { color: false, columns: () => 80, rows: () => 24 };
  const reporter = createPlainReporter({
    ...terminal,
    write: (more) => {
      text += more;
    },
  });
  const name = `[environment 2/2] RUN apt-get install ${"package=1.0-1 ".repeat(100)}`;
  const event = { type: "vertex-finished", vertex: "v", name, cached: false, durationMs: 2500 } as const;
  const step = makeStep("build:environment");
  reporter.handle({ type: "step-output", step, activity: { type: "build", event }, timeMs: 0 });
  assert.match(text, /^ {4}\[environment 2\/2\] RUN apt-get install package=1.0-1 .*… \(2.50 s\)\n$/);
  assert.ok(text.length < 200, text);
});

test("a transfer is told of every ten seconds, and a long wait sooner", () => {
  const step = makeStep("fetch:a", "", { kind: "fetch", name: "bert" });
  const say = (timeMs: number, progress: TransferProgress): RunEvent => ({
    type: "step-output",
    step,
    activity: { type: "transferring", progress },
    timeMs,
  });
  const waiting = { reason: "models.example.com answers 429", forMs: 55_000 };
  let text = "";
  const reporter = createPlainReporter({
    write: (more) => {
      text += more;
    },
    color: false,
    columns: () => 80,
    rows: () => 24,
  });
  reporter.handle({ type: "step-started", step, because: [{ type: "new" }], timeMs: 5000 });
  for (let timeMs = 5000; timeMs < 26_000; timeMs += 100)
    reporter.handle(say(timeMs, { bytes: timeMs * 1000, totalBytes: 1e9, counts: { done: 1, all: 2 } }));
  for (const timeMs of [26_000, 26_100, 27_100]) reporter.handle(say(timeMs, { bytes: 0, waiting }));
  assert.equal(text.split("\n").slice(1), [
    "    fetch bert: 15 MB of 1.0 GB, 1 of 2 files",
    "    fetch bert: 25 MB of 1.0 GB, 1 of 2 files",
    "    fetch bert: waits 55 s: models.example.com answers 429",
    "",
  ]);
});

test("colour changes nothing but the colour", () => {
  const colored = play(createPlainReporter, true);
  assert.match(colored, "\u001b[");
  assert.is(stripVTControlCharacters(colored), play(createPlainReporter));
});

test("every event is an object on a line of its own", () => {
  const lines = play(createJsonReporter).trimEnd().split("\n");
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(
    events.map(({ type }) => type),
    A_RUN.map(({ type }) => type),
  );
  assert.equal(
    events.map(({ timeMs }) => timeMs),
    A_RUN.map(({ timeMs }) => timeMs),
  );
  for (const event of events.filter(({ type }) => String(type).startsWith("step-"))) {
    assert.type(event.step, "string");
  }
  assert.equal(events[0]?.steps, [
    { id: "fetch:a", needs: [], after: [] },
    { id: "render", needs: [], after: [] },
    { id: "build", needs: ["fetch:a", "render"], after: [] },
    { id: "test", needs: ["build"], after: [] },
    { id: "push:x", needs: ["build"], after: ["test"] },
  ]);
  const failed = events.find(({ step, type }) => step === "test" && type === "step-finished");
  assert.equal(failed?.outcome, {
    status: "failed",
    diagnostics: [{ code: "test/failed", severity: "error", message: "expected 1, got 2" }],
    durationMs: 500,
  });
  assert.equal(events.at(-1)?.outcomes, {
    "fetch:a": "fresh",
    render: "succeeded",
    build: "succeeded",
    test: "failed",
    "push:x": "blocked",
  });
});

test.run();

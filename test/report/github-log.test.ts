import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { BuildEvent } from "../../src/model/engine.ts";
import type { RunEvent, StepActivity } from "../../src/model/event.ts";
import type { Outcome } from "../../src/model/outcome.ts";
import { createGithubReporter } from "../../src/report/github-log.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";

const test = suite("log for GitHub");

const build = makeStep("build", "", { kind: "build", name: "environment" });
const other = makeStep("fetch:a", "", { kind: "fetch", name: "a" });
const done: Outcome = { status: "succeeded", output: makeOutput("a"), durationMs: 1000 };
const failed: Outcome = { status: "failed", diagnostics: [], durationMs: 1000 };

const started = (step = build): RunEvent => ({
  type: "step-started",
  step,
  because: [{ type: "new" }],
  timeMs: 0,
});
const ended = (outcome: Outcome, step = build): RunEvent => ({
  type: "step-finished",
  step,
  outcome,
  timeMs: 0,
});
const says = (activity: StepActivity, step = build): RunEvent => ({
  type: "step-output",
  step,
  activity,
  timeMs: 0,
});
const builds = (event: BuildEvent): RunEvent => says({ type: "build", event });
const prints = (text: string, vertex = "v"): RunEvent => builds({ type: "vertex-log", vertex, text });
const finishes = (name: string, vertex = "v"): RunEvent =>
  builds({ type: "vertex-finished", vertex, name, cached: false, durationMs: 500 });

function play(...events: readonly RunEvent[]): readonly string[] {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  const reporter = createGithubReporter({ write, color: false, columns: () => 80, rows: () => 24 });
  for (const event of events) reporter.handle(event);
  reporter.close();
  return text.split("\n");
}

const STARTED = "▸ build environment: it never ran here";

test("what a step printed is folded once it has ended, whatever else was said meanwhile", () => {
  const fetched: Outcome = { status: "fresh", output: makeOutput("a") };
  assert.equal(
    play(
      started(),
      prints("Collec"),
      ended(fetched, other),
      prints("ting\ndone\n"),
      finishes("RUN pip"),
      ended(done),
    ),
    [
      STARTED,
      "= fetch a: fresh",
      "::group::✔ build environment: succeeded in 1.00 s",
      "    RUN pip (0.50 s)",
      "    | Collecting",
      "    | done",
      "::endgroup::",
      "",
    ],
  );
});

test("instructions that run at once are told apart", () => {
  const lines = play(
    prints("1\n", "a"),
    prints("2\n", "b"),
    prints("1\n", "a"),
    finishes("A", "a"),
    ended(done),
  );
  assert.equal(lines.slice(1, -2), ["    A (0.50 s)", "    | 1", "    | 1", "    | 2"]);
});

test("a failure is not folded, nor is what printed nothing", () => {
  assert.equal(play(started(), prints("no\n"), ended(failed)), [
    STARTED,
    "✘ build environment: failed in 1.00 s",
    "    | no",
    "",
  ]);
  assert.equal(play(started(), ended(done)), [STARTED, "✔ build environment: succeeded in 1.00 s", ""]);
});

test("a run that is broken off leaves what was printed", () => {
  assert.equal(play(prints("half")), ["    | half", ""]);
});

test("what is printed is no command, moves nothing and has no password", () => {
  const lines = play(
    prints("::error::x\n  ::set-env name=A::b\na ##[error]c\n\u0007\u001b[31mred\u001b[0m\r\n10%\r20%\r\n\n"),
    says({ type: "log", text: "https://me:secret@registry.example.com" }),
    ended(done),
  );
  assert.equal(lines.slice(1, -2), [
    "    | https://***@registry.example.com",
    "    | ::error::x",
    "    |   ::set-env name=A::b",
    "    | a # #[error]c",
    "    | �red",
    "    | 20%",
  ]);
});

test("of a step that prints without an end, the last lines are told", () => {
  const lines = play(
    ...Array.from({ length: 25_000 }, (_, index) => says({ type: "log", text: String(index) })),
    ended(done),
  );
  assert.is(lines.length, 10_000 + 3);
  assert.is(lines.at(-3), "    | 24999");
});

test.run();

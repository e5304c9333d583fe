import { stripVTControlCharacters } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { errorDiagnostic } from "../../src/model/diagnostic.ts";
import type { BuildEvent } from "../../src/model/engine.ts";
import type { RunEvent } from "../../src/model/event.ts";
import type { Outcome } from "../../src/model/outcome.ts";
import type { Step } from "../../src/model/step.ts";
import { drawEndedView, drawLiveView, type LiveSize } from "../../src/report/draw-live-view.ts";
import { createLiveReporter } from "../../src/report/live.ts";
import { advance, type LiveView } from "../../src/report/live-view.ts";
import { columnsOf } from "../../src/report/visible-text.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";
import { A_RUN, STEPS } from "./a-run.ts";

const test = suite("live view");

const AT_80: LiveSize = { columns: 80, rows: 24, color: false };
const output = makeOutput("made");

/** The view after the first events of the run. */
function viewAfter(count: number): LiveView {
  return play(A_RUN.slice(0, count));
}

function play(events: readonly RunEvent[]): LiveView {
  return events.reduce(advance, new Map() as LiveView);
}

function draw(count: number, size: Partial<LiveSize> = {}): readonly string[] {
  return drawLiveView(viewAfter(count), A_RUN[count - 1]?.timeMs ?? 0, { ...AT_80, ...size });
}

test("at the start all steps wait, in one line", () => {
  assert.equal(draw(1), [
    "  5 waiting: fetch a model with quite a long name indeed, render Dockerfile, …",
    "0 of 5 done, 0.00 s",
  ]);
});

test("what runs has a time, and the last it said", () => {
  assert.equal(draw(7), [
    "= 1 step fresh: fetch a model with quite a long name indeed",
    "✔ render Dockerfile  0.02 s",
    "⠋ build image        0.01 s  [environment 2/2] RUN x",
    "  2 waiting: test image, push registry.example.com/日本/モデル:1",
    "2 of 5 done, 1 fresh, 0.04 s",
  ]);
  assert.is(draw(6)[2], "⠋ build image        0.00 s");
  const [, , said = ""] = draw(8, { columns: 70 });
  assert.match(said, /^⠋ build image {8}0\.02 s {2}\[environment 2\/2\] {2}red 語 long .*…$/u);
});

test("where there is room, what is done stands beside what was said", () => {
  assert.match(
    draw(8, { columns: 200 })[2] ?? "",
    /0\.02 s {2}\[environment 2\/2\] RUN x {2}red 語 (?:long ){10}/u,
  );
});

test("in the narrowest terminal, names and times are left", () => {
  assert.equal(draw(8, { columns: 20 }), [
    "= 1 step fresh",
    "✔ render Doc… 0.02 s",
    "⠋ build image 0.02 s",
    "  2 waiting",
    "2 of 5 done, 0.05 s",
  ]);
});

test("a failure has its reason, and the rest is in a line each", () => {
  assert.equal(draw(A_RUN.length - 1), [
    "= 1 step fresh: fetch a model with quite a long name indeed",
    "✔ render Dockerfile  0.02 s",
    "✔ build image        3.00 s",
    "✘ test image         0.50 s  expected 1, got 2",
    "  1 waiting: push registry.example.com/日本/モデル:1",
    "4 of 5 done, 1 failed, 1 fresh, 3.54 s",
  ]);
});

test("once all is over, what was blocked says by what", () => {
  assert.equal(drawEndedView(viewAfter(A_RUN.length), 80, false).slice(3), [
    "✘ test image         0.50 s  expected 1, got 2",
    "⊘ 1 step blocked by test: push registry.example.com/日本/モデル:1",
  ]);
});

test("the spinner turns", () => {
  const frames = [0, 80, 160].map((later) => drawLiveView(viewAfter(6), 30 + later, AT_80)[2]?.[0]);
  assert.is(new Set(frames).size, 3);
});

for (const columns of [10, 20, 40, 80, 200]) {
  for (const rows of [1, 3, 5, 24]) {
    test(`never wider than ${columns} columns, nor as high as ${rows} rows`, () => {
      for (let count = 1; count <= A_RUN.length; count += 1) {
        for (const color of [false, true]) {
          const size = { columns, rows, color };
          const lines = drawLiveView(viewAfter(count), 99_999, size).map(stripVTControlCharacters);
          assert.ok(lines.length >= 1 && lines.length <= Math.max(1, rows - 1), `${lines.length} lines`);
          for (const line of lines) {
            assert.ok(columnsOf(line) <= columns, `${columnsOf(line)} columns: ${line}`);
            assert.not.match(line, /\p{Cc}/u);
          }
        }
      }
    });
  }
}

const MANY: readonly Step[] = Array.from({ length: 9 }, (_, index) =>
  makeStep(`s${index}`, "", { kind: index < 3 ? "fetch" : "layer", name: `model-${index}` }),
);

/** The steps in order, of which the first have ended in these ways, and so many more run. */
function progressed(ended: readonly Outcome[], running: number): LiveView {
  return play([
    { type: "plan-ready", steps: MANY, timeMs: 0 },
    ...MANY.slice(0, ended.length + running).map(
      (step): RunEvent => ({ type: "step-started", step, because: [{ type: "new" }], timeMs: 0 }),
    ),
    ...MANY.slice(0, ended.length).map(
      (step, index): RunEvent => ({
        type: "step-finished",
        step,
        outcome: ended[index] ?? { status: "cancelled" },
        timeMs: 1000,
      }),
    ),
  ]);
}

const failed: Outcome = {
  status: "failed",
  diagnostics: [errorDiagnostic("a/b", "`https://me:secret@models.example.com` says no\nand more")],
  durationMs: 1000,
};
const done: Outcome = { status: "succeeded", output, durationMs: 1000 };
const fresh: Outcome = { status: "fresh", output, savedMs: 42_000 };

test("with few rows, what matters least goes first", () => {
  const view = progressed([fresh, fresh, done, done, failed], 2);
  const drawn = (rows: number) => drawLiveView(view, 2000, { ...AT_80, rows });
  assert.equal(drawn(24), [
    "= 2 steps fresh: fetch model-0, fetch model-1",
    "✔ fetch model-2  1.00 s",
    "✔ layer model-3  1.00 s",
    "✘ layer model-4  1.00 s  `https://***@models.example.com` says no",
    "⠴ layer model-5  2.00 s",
    "⠴ layer model-6  2.00 s",
    "  2 waiting: layer model-7, layer model-8",
    "5 of 9 done, 1 failed, 2 fresh, saved 1 min 24 s, 2.00 s",
  ]);
  assert.is(drawn(8)[1], "✔ 2 steps done: fetch model-2, layer model-3");
  assert.equal(drawn(5), [drawn(24)[3], drawn(24)[4], drawn(24)[5], drawn(24)[7]]);
  assert.equal(drawn(4), [drawn(24)[3], "  2 more", drawn(24)[7]]);
  assert.equal(drawn(3), ["  3 more", drawn(24)[7]]);
  assert.equal(drawn(2), [drawn(24)[7]]);
});

function build(...events: readonly BuildEvent[]): string | undefined {
  const step = makeStep("build", "", { kind: "build", name: "environment" });
  const view = play([
    { type: "step-started", step, because: [], timeMs: 0 },
    ...events.map(
      (event): RunEvent => ({ type: "step-output", step, activity: { type: "build", event }, timeMs: 0 }),
    ),
  ]);
  return drawLiveView(view, 0, { ...AT_80, columns: 100 })[0]?.replace(/^.*0\.00 s\s*/, "");
}

const begun = (vertex: string, name: string): BuildEvent => ({ type: "vertex-started", vertex, name });
const layer = (vertex: string, name: string, currentBytes: number): BuildEvent => ({
  type: "vertex-progress",
  ...{ vertex, name, currentBytes, totalBytes: 10e6 },
});

test("of a base image, how many of its layers are here", () => {
  const from = begun("a", "[environment 1/3] FROM docker.io/library/python");
  assert.is(
    build(from, layer("a", "sha256:1", 10e6), layer("a", "sha256:2", 2e6), layer("a", "sha256:1", 10e6)),
    "[environment 1/3]  layer 1/2, 12 MB of 20 MB",
  );
  assert.is(build(from, layer("a", "extracting", 1)), "[environment 1/3] FROM docker.io/library/python");
});

test("of instructions that run at once, the one that said something last", () => {
  const [one, other] = [begun("a", "[one 1/2] RUN a"), begun("b", "[two 1/2] RUN b")];
  const says = (vertex: string, text: string): BuildEvent => ({ type: "vertex-log", vertex, text });
  const ends: BuildEvent = { type: "vertex-finished", vertex: "b", name: "", cached: false, durationMs: 1 };
  assert.is(build(one, other), "[two 1/2] RUN b");
  assert.is(build(one, other, says("a", "hello\n")), "[one 1/2]  hello");
  assert.is(build(one, other, says("b", "bye\n\n")), "[two 1/2]  bye");
  assert.is(build(one, other, says("b", "bye\n"), ends), "[one 1/2] RUN a");
  assert.is(build(one, begun("c", "[internal] load"), says("a", "\n")), "[one 1/2] RUN a");
});

test("wide and joined characters, emoji and what moves the cursor keep their place", () => {
  const step = makeStep("fetch:a", "", { kind: "fetch", name: "❤️👩‍💻𠀀日本\u0007\u001b[2J" });
  const view = play([{ type: "step-started", step, because: [], timeMs: 0 }]);
  const [line = ""] = drawLiveView(view, 0, AT_80);
  assert.is(line, "⠋ fetch ❤👩�💻𠀀日本�  0.00 s");
  assert.is(columnsOf(line), 2 + 6 + 1 + 2 + 1 + 2 + 2 + 4 + 1 + 8);
});

test("what waits for another run says for whom", () => {
  const [step] = MANY;
  if (step === undefined) throw new Error("there is a step");
  const owner = { pid: 7, host: "here", purpose: "apply in /a" };
  const waiting: RunEvent = { type: "step-waiting", step, owner: { ...owner, since: 0 } as never, timeMs: 0 };
  assert.is(
    drawLiveView(play([waiting]), 0, AT_80)[0],
    "· fetch model-0    waits for process 7 on here (apply in /a)",
  );
});

test("what a failed step printed last stays, unless its failure tells", () => {
  const step = makeStep("build", "", { kind: "build", name: "environment" });
  const says = (text: string): RunEvent => ({
    type: "step-output",
    step,
    activity: { type: "build", event: { type: "vertex-log", vertex: "a", text } },
    timeMs: 0,
  });
  const printed = [
    "one\ntw",
    "o\n\n\u001b[31mred\u001b[0m\n",
    ..."3456".split("").map((line) => `${line}\n`),
  ];
  const after = (outcome: Outcome): readonly string[] =>
    drawEndedView(
      play([...printed.map(says), { type: "step-finished", step, outcome, timeMs: 0 }]),
      80,
      false,
    ).slice(1);
  assert.equal(after(failed), ["  | red", "  | 3", "  | 4", "  | 5", "  | 6"]);
  assert.equal(after(done), []);
  const diagnostics = [errorDiagnostic("a/b", "no", { excerpt: ["6"] })];
  assert.equal(after({ ...failed, diagnostics }), []);
});

test("the reporter draws while time passes, and leaves the last view standing", () => {
  const told: string[] = [];
  let tick = () => {};
  let [stopped, now] = [0, 1000];
  const reporter = createLiveReporter(
    { write: (text) => told.push(text), color: false, columns: () => 80, rows: () => 24 },
    {
      render: (text) => told.push(`drawn: ${text.split("\n").at(-1)}`),
      clear: () => told.push("cleared"),
      everyFrame: (_milliseconds, act) => {
        tick = act;
        return () => {
          stopped += 1;
        };
      },
    },
    { monotonic: () => now },
  );
  tick();
  for (const [index, event] of A_RUN.entries()) {
    reporter.handle(event);
    if (index > 0) continue;
    now += 2000;
    tick();
  }
  reporter.close();
  tick();
  assert.equal(told, [
    "drawn: 0 of 5 done, 2.00 s",
    "cleared",
    "warning[plan/large-code]: the code is large\n",
    "cleared",
    [
      ...drawEndedView(viewAfter(A_RUN.length), 80, false),
      "2 succeeded, 1 fresh, 1 failed, 1 blocked (3.55 s)\n",
    ].join("\n"),
    "cleared",
  ]);
  assert.is(stopped, 1);
  assert.is(STEPS.length, 5);
});

test.run();

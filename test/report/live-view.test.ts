import { stripVTControlCharacters } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createLiveReporter } from "../../src/report/live.ts";
import { advance, drawLiveView, type LiveView } from "../../src/report/live-view.ts";
import { columnsOf } from "../../src/report/visible-text.ts";
import { A_RUN, STEPS } from "./a-run.ts";

const test = suite("live view");

/** The view after the first events of the run. */
function viewAfter(count: number): LiveView {
  return A_RUN.slice(0, count).reduce(advance, new Map() as LiveView);
}

function draw(count: number, columns = 80): readonly string[] {
  return drawLiveView(viewAfter(count), A_RUN[count - 1]?.timeMs ?? 0, columns, false);
}

test("at the start all steps stand there", () => {
  assert.equal(draw(1), [
    "  fetch a model with quite a long name indeed",
    "  render Dockerfile",
    "  build image",
    "  test image",
    "  push registry.example.com/日本/モデル:1",
  ]);
});

test("what runs has a time, and the last it said", () => {
  assert.is(draw(6)[2], "⠋ build image  0.00 s");
  assert.is(draw(7)[2], "⠋ build image  0.01 s  [environment 2/2] RUN x");
  assert.match(draw(8, 40)[2] ?? "", /^⠋ build image {2}0\.02 s {2}red 語 long long…$/);
});

test("at the end each step tells how it ended", () => {
  assert.equal(draw(A_RUN.length), [
    "= fetch a model with quite a long name indeed: fresh",
    "✔ render Dockerfile: succeeded in 0.02 s",
    "✔ build image: succeeded in 3.00 s",
    "✘ test image: failed in 0.50 s",
    "⊘ push registry.example.com/日本/モデル:1: blocked by test",
  ]);
});

test("the spinner turns", () => {
  const frames = [0, 80, 160].map((later) => drawLiveView(viewAfter(6), 30 + later, 80, false)[2]?.[0]);
  assert.is(new Set(frames).size, 3);
});

for (const columns of [20, 40, 80, 200]) {
  test(`never wider than ${columns} columns, nor more than a line a step`, () => {
    for (let count = 1; count <= A_RUN.length; count += 1) {
      for (const color of [false, true]) {
        const lines = drawLiveView(viewAfter(count), 99_999, columns, color).map(stripVTControlCharacters);
        assert.is(lines.length, STEPS.length);
        for (const line of lines) {
          assert.ok(columnsOf(line) <= columns, `${columnsOf(line)} columns: ${line}`);
          assert.not.match(line, /\p{Cc}/u);
        }
      }
    }
  });
}

test("the reporter draws while time passes, and leaves the last view standing", () => {
  const told: string[] = [];
  let tick = () => {};
  let stopped = 0;
  const reporter = createLiveReporter(
    { write: (text) => told.push(text), color: false, columns: () => 80 },
    { render: (text) => told.push(`drawn ${text.split("\n").length}`), done: () => told.push("done") },
    (_milliseconds, act) => {
      tick = act;
      return () => {
        stopped += 1;
      };
    },
  );
  for (const [index, event] of A_RUN.entries()) {
    reporter.handle(event);
    if (index === 0) tick();
  }
  reporter.close();
  assert.equal(told, [
    "drawn 5",
    "done",
    "warning[plan/large-code]: the code is large\n",
    "drawn 5",
    "done",
    "2 succeeded, 1 fresh, 1 failed, 1 blocked (3.55 s)\n",
    "done",
  ]);
  assert.is(stopped, 1);
});

test.run();

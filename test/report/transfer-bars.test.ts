import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RunEvent } from "../../src/model/event.ts";
import type { TransferProgress } from "../../src/model/source.ts";
import { drawLiveView } from "../../src/report/draw-live-view.ts";
import { advance, type LiveView } from "../../src/report/live-view.ts";
import { drawBars } from "../../src/report/transfer-bars.ts";
import { columnsOf } from "../../src/report/visible-text.ts";
import { makeStep } from "../fakes/steps.ts";

const test = suite("bars of a transfer");

const progress: TransferProgress = {
  bytes: 2_000_000_000,
  totalBytes: 9_000_000_000,
  counts: { done: 2, all: 8 },
  files: [
    { path: "config.json", bytes: 0, size: 700 },
    { path: "a/very/deep/folder/of/weights/model-00001-of-00003.safetensors", bytes: 1.25e9, size: 2.5e9 },
    { path: "empty", bytes: 0, size: 0 },
    { path: "日本/モデル.safetensors", bytes: 5e9, size: 4.9e9 },
    { path: "unknown.bin", bytes: 10 },
    { path: "vocab.txt", bytes: 100, size: 800 },
  ],
};

test("the largest files have one, with the ends of their names", () => {
  assert.equal(drawBars(progress, 80), [
    "    日本/モデル.safetensors         ████████████████ 100 %  5.0 GB of 4.9 GB",
    "    …el-00001-of-00003.safetensors  ████████░░░░░░░░  50 %  1.3 GB of 2.5 GB",
    "    vocab.txt                       ██░░░░░░░░░░░░░░  12 %  100 B of 800 B",
  ]);
});

for (const columns of [10, 40, 61, 62, 80, 200]) {
  test(`never wider than ${columns} columns, nor more than three`, () => {
    const bars = drawBars(progress, columns);
    assert.is(bars.length, columns < 62 ? 0 : 3);
    for (const bar of bars) assert.ok(columnsOf(bar) <= columns, `${columnsOf(bar)}: ${bar}`);
  });
}

test("a name that would move the cursor does not", () => {
  const [bar] = drawBars({ bytes: 0, files: [{ path: "a\u001b[2J", bytes: 1, size: 2 }] }, 80);
  assert.not.match(bar ?? "", /\p{Cc}/u);
});

const step = makeStep("fetch:a", "", { kind: "fetch", name: "bert" });
const started: RunEvent = { type: "step-started", step, because: [{ type: "new" }], timeMs: 0 };
const transferring: RunEvent = {
  type: "step-output",
  step,
  activity: { type: "transferring", progress, bytesPerSecond: 86e6 },
  timeMs: 1000,
};

function draw(...events: readonly RunEvent[]): readonly string[] {
  const view: LiveView = events.reduce(advance, new Map() as LiveView);
  return drawLiveView(view, 1000, { columns: 80, rows: 24, color: false });
}

test("they stand below their step as long as it runs", () => {
  const lines = draw(started, transferring);
  assert.match(lines[0] ?? "", /bert {2}1\.00 s {2}2\.0 GB of 9\.0 GB, 86 MB\/s, 2 of 8 files$/);
  assert.equal(lines.slice(1, -1), drawBars(progress, 80));
  const said: RunEvent = { ...transferring, activity: { type: "doing", text: "checks" } };
  assert.is(draw(started, transferring, said).length, 2);
  const ended: RunEvent = { type: "step-finished", step, outcome: { status: "cancelled" }, timeMs: 1100 };
  assert.is(draw(started, transferring, ended).length, 2);
});

test.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createProgressReader } from "../../src/engines/buildkit-progress.ts";
import type { BuildEvent } from "../../src/model/engine.ts";

/** Whole builds are read in `buildx.test.ts`; here is what a recording happens not to have. */
const test = suite("createProgressReader");

function read(...lines: readonly (string | object)[]) {
  const events: BuildEvent[] = [];
  const reader = createProgressReader((event) => events.push(event));
  for (const line of lines) reader.readLine(typeof line === "string" ? line : JSON.stringify(line));
  return { events, otherLines: reader.otherLines };
}

const at = (seconds: number) => `2026-01-01T00:00:0${seconds}Z`;

test("what is no JSON is kept: buildx words its errors there", () => {
  const lines = ["ERROR: failed", "{ not json", "", "   1 | >>> RUN x"];
  assert.equal(read(...lines), { events: [], otherLines: lines });
});

test("a log's character may come in two pieces", () => {
  const bytes = Buffer.from("é");
  const [first, second] = [bytes.subarray(0, 1), bytes.subarray(1)].map((part) => part.toString("base64"));
  const { events } = read(
    { logs: [{ vertex: "a", data: first }] },
    { logs: [{ vertex: "b", data: Buffer.from("x").toString("base64") }] },
    { logs: [{ vertex: "a", data: second }] },
  );
  assert.equal(
    events.map((event) => event.type === "vertex-log" && event.text),
    ["", "x", "é"],
  );
});

test("progress has a total where BuildKit knows one", () => {
  const { events } = read({
    statuses: [
      { vertex: "a", id: "layer", current: 1, total: 2 },
      { vertex: "a", id: "context", current: 3, total: 0 },
      { vertex: "a", id: "context", current: 4 },
    ],
  });
  assert.equal(events, [
    { type: "vertex-progress", vertex: "a", name: "layer", currentBytes: 1, totalBytes: 2 },
    { type: "vertex-progress", vertex: "a", name: "context", currentBytes: 3 },
    { type: "vertex-progress", vertex: "a", name: "context", currentBytes: 4 },
  ]);
});

test("a duration is that of the vertex", () => {
  const { events } = read({
    vertexes: [{ digest: "a", name: "RUN x", started: at(1), completed: at(3), error: "" }],
  });
  assert.equal(events[1], {
    type: "vertex-finished",
    vertex: "a",
    name: "RUN x",
    cached: false,
    durationMs: 2000,
  });
});

test("a vertex that never began has ended in no time", () => {
  const { events } = read({ vertexes: [{ digest: "a", name: "RUN x", completed: at(3), cached: true }] });
  assert.is(events[0]?.type === "vertex-finished" && events[0].durationMs, 0);
});

test.run();

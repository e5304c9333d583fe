import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createReloadLog } from "../../src/cli/watch/reload-log.ts";
import { seededRandom } from "../fakes/random.ts";

const test = suite("the log of reloads");

/** What is shown of a log that comes in pieces cut at these places, and how each reload went. */
function read(text: string, cuts: readonly number[] = [], stream: "stdout" | "stderr" = "stderr") {
  let shown = "";
  let rung = 0;
  const log = createReloadLog(
    (piece) => {
      shown += piece;
    },
    () => {
      rung += 1;
    },
  );
  const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
  for (let at = 1; at < places.length; at += 1) log.write(text.slice(places[at - 1], places[at]), stream);
  return { shown, rung, log };
}

const LINES =
  "a line\nmlpackage-reload 0 serving\nof half amlpackage-reload 1 starting\nmlpackage: no\nmlpackage-reload 1 failed\nend\n";

test("lines for us are taken out of the log", () => {
  const { shown, rung, log } = read(LINES);
  assert.is(shown, "a line\nof half amlpackage: no\nend\n");
  assert.ok(rung > 0);
  assert.equal(
    [log.latest(), log.outcome(0), log.outcome(1), log.outcome(2)],
    [1, "serving", "failed", undefined],
  );
});

test("wherever a log is cut, it is read the same", () => {
  const random = seededRandom(3);
  for (let run = 0; run < 500; run += 1) {
    const cuts = Array.from({ length: 1 + Math.floor(random() * 9) }, () =>
      Math.floor(random() * LINES.length),
    );
    const { shown, log } = read(LINES, cuts);
    assert.is(shown, "a line\nof half amlpackage: no\nend\n");
    assert.equal([log.latest(), log.outcome(0), log.outcome(1)], [1, "serving", "failed"]);
  }
});

test("what has begun is not ended", () => {
  const { log } = read("mlpackage-reload 4 starting\n");
  assert.equal([log.latest(), log.outcome(4)], [4, undefined]);
});

test("what no line of ours can begin with is shown at once", () => {
  assert.is(read("50%\r").shown, "50%\r");
  assert.is(read("a\nm").shown, "a\n");
});

test("what the script prints on stdout is its own", () => {
  const { shown, rung, log } = read("mlpackage-reload 1 serving\n", [], "stdout");
  assert.is(shown, "mlpackage-reload 1 serving\n");
  assert.equal([rung, log.latest()], [0, -1]);
});

test("what was held back is shown in the end", () => {
  let shown = "";
  const log = createReloadLog(
    (text) => {
      shown += text;
    },
    () => {},
  );
  log.write("Segmentation fault in m", "stderr");
  log.end();
  assert.is(shown, "Segmentation fault in m");
});

test.run();

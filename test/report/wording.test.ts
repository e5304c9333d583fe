import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { Reason, StepActivity } from "../../src/model/event.ts";
import type { Outcome } from "../../src/model/outcome.ts";
import {
  isInternal,
  wordActivity,
  wordDuration,
  wordReasons,
  wordSummary,
  wordVertex,
} from "../../src/report/wording.ts";
import { makeOutput } from "../fakes/steps.ts";

const test = suite("wording");

const [one, other] = [digestOf("one"), digestOf("other")];
const changed = (input: string, from: unknown, to: unknown): Reason => ({
  type: "input-changed",
  input,
  from: JSON.stringify(from),
  to: JSON.stringify(to),
});

const reasons: readonly (readonly [reason: Reason, text: string])[] = [
  [{ type: "new" }, "it never ran here"],
  [{ type: "forced" }, "asked for with --no-cache"],
  [{ type: "gone", what: "the image" }, "the image is gone or was changed"],
  [{ type: "upstream", step: "render" }, "render made something else"],
  [{ type: "input-added", input: "code.src/new.py" }, "src/new.py is new"],
  [{ type: "input-removed", input: "requirements.r.txt" }, "r.txt is gone"],
  [{ type: "input-added", input: "fetch:b" }, "`fetch:b` is new"],
  [changed("code.a.b.py", `644 ${one}`, `644 ${other}`), "a.b.py changed (7692c3ad3540 → d9298a10d1b0)"],
  [changed("inference.port", 1, 2), "`inference.port` changed (1 → 2)"],
  [changed("code", {}, []), "`code` changed ({} → [])"],
  [
    changed("pin.identity.files.bert/a.bin.digest", one, other),
    "bert/a.bin changed (7692c3ad3540 → d9298a10d1b0)",
  ],
  [changed("pin.identity.files.a.bin.size", 1, 2), "the size of a.bin changed (1 → 2)"],
  [
    changed("environment.variables.X", "a".repeat(99), "b"),
    `\`environment.variables.X\` changed ("${"a".repeat(38)}… → "b")`,
  ],
];

const more: typeof reasons = [
  [{ type: "evicted" }, "its record was removed from the cache"],
  [{ type: "damaged" }, "its record in the cache was damaged"],
  [{ type: "failed-before" }, "it failed the last time"],
  [changed("tool", "build 1.1", "build 1.2"), "mlpackage makes it differently now (1.1 → 1.2)"],
  [changed("inference.command", ["a", "b"], ["b", "a"]), "`inference.command` is in another order"],
  [changed("platforms", ["a"], ["b", "c"]), '`platforms` changed (["a"] → ["b","c"])'],
  [
    changed("base.context.src/a.c", `644 ${one}`, `644 ${other}`),
    "src/a.c changed (7692c3ad3540 → d9298a10d1b0)",
  ],
  [{ type: "input-changed", input: "environment.variables.X" }, "`environment.variables.X` changed"],
  [changed("base.digest", one, other), "the base image moved (7692c3ad3540 → d9298a10d1b0)"],
];

test("a base image that moved is one reason, with its name", () => {
  const moved = [
    changed("base.digest", one, other),
    changed("base.reference", `python:3.12-slim@${one}`, `python:3.12-slim@${other}`),
    changed("inference.port", 1, 2),
  ];
  assert.is(
    wordReasons(moved, 2),
    "the base image `python:3.12-slim` moved (7692c3ad3540 → d9298a10d1b0); `inference.port` changed (1 → 2)",
  );
});

test("another base image did not move", () => {
  const chosen = [
    changed("base.digest", one, other),
    changed("base.reference", `a@${one}`, `b@${other}`),
    changed("baseImage.image", "a", "b"),
  ];
  assert.is(wordReasons(chosen), '`baseImage.image` changed ("a" → "b")');
});

for (const [reason, text] of [...reasons, ...more]) {
  test(text, () => assert.is(wordReasons([reason]), text));
}

test("a test that is another in many places changed, and that is all", () => {
  const inputs = ["request.body.data.0.0", "request.body.data.0.1", "expect.json"];
  const reasons = inputs.map((input) => changed(`tests.0.exchanges.0.${input}`, 1, 2));
  assert.is(
    wordReasons([...reasons, { type: "input-added", input: "tests.1" }]),
    "test 1 changed; test 2 is new",
  );
});

test("a lock that does not match is one reason", () => {
  const reasons: Reason[] = [
    { type: "input-added", input: "asked" },
    { type: "input-removed", input: "locked" },
  ];
  assert.is(wordReasons(reasons), "the lock does not match the file");
  assert.is(wordReasons([{ type: "input-added", input: "locked" }]), "the lock matches the file now");
});

test("of many reasons the first are told", () => {
  const many = ["a", "b", "c", "d", "e"].map((step): Reason => ({ type: "upstream", step }));
  assert.match(wordReasons(many), /; c made something else; 2 more$/);
  assert.is(wordReasons(many.slice(0, 3), 1), "a made something else; 2 more");
});

for (const [milliseconds, text] of [
  [0, "0.00 s"],
  [1234, "1.23 s"],
  [9994, "9.99 s"],
  [9996, "10.0 s"],
  [59_940, "59.9 s"],
  [59_960, "1 min 0 s"],
  [119_600, "2 min 0 s"],
  [3_725_000, "62 min 5 s"],
] as const) {
  test(`${milliseconds} ms`, () => assert.is(wordDuration(milliseconds), text));
}

const vertices: readonly (readonly [name: string, short: string, internal?: boolean])[] = [
  [
    "[environment 2/3] RUN --mount=type=cache,target=/x     apt-get update",
    "[environment 2/3] RUN apt-get update",
  ],
  ["[image 1/4] COPY --link --chmod=u=rwX,go=rX --from=app */ /x/", "[image 1/4] COPY app */ /x/"],
  [
    "[internal] load build definition from Dockerfile",
    "[internal] load build definition from Dockerfile",
    true,
  ],
  ["[app] load from client", "[app] load from client", true],
  ["[app] load .dockerignore", "[app] load .dockerignore", true],
  ["exporting to image", "exporting to image"],
];

for (const [name, short, internal = false] of vertices) {
  test(name, () => {
    assert.is(wordVertex(name), short);
    assert.is(isInternal(name), internal);
  });
}

const build = (event: Extract<StepActivity, { type: "build" }>["event"]): StepActivity => ({
  type: "build",
  event,
});

const activities: readonly (readonly [activity: StepActivity, text: string | undefined])[] = [
  [{ type: "doing", text: "3.0 of 4.0 MB" }, "3.0 of 4.0 MB"],
  [build({ type: "vertex-started", vertex: "a", name: "RUN x" }), "RUN x"],
  [build({ type: "vertex-started", vertex: "a", name: "[internal] load" }), undefined],
  [build({ type: "vertex-log", vertex: "a", text: "one\ntwo\r\n" }), "two"],
  [build({ type: "vertex-log", vertex: "a", text: "10%\r20%\r" }), "20%"],
  [build({ type: "vertex-finished", vertex: "a", name: "RUN x", cached: true, durationMs: 1 }), undefined],
];

for (const [activity, text] of activities) {
  test(JSON.stringify(activity), () => assert.is(wordActivity(activity), text));
}

test("the summary", () => {
  const fresh: Outcome = { status: "fresh", output: makeOutput("a") };
  const outcomes = new Map<string, Outcome>([
    ["a", fresh],
    ["b", { status: "succeeded", output: makeOutput("b"), durationMs: 1 }],
    ["c", { status: "failed", diagnostics: [], durationMs: 1 }],
    ["d", { status: "blocked", by: ["c"] }],
    ["e", { status: "cancelled" }],
  ]);
  assert.is(wordSummary(outcomes, 1500), "1 succeeded, 1 fresh, 1 failed, 1 blocked, 1 cancelled (1.50 s)");
  assert.is(wordSummary(new Map([["a", fresh]]), 10), "nothing to do: 1 step fresh (0.01 s)");
});

test("the summary says what the cache saved, once that is worth a word", () => {
  const output = makeOutput("a");
  const fresh = (savedMs: number): Outcome => ({ status: "fresh", output, savedMs });
  const restored: Outcome = { status: "restored", output, from: "there", durationMs: 1, savedMs: 5200 };
  const succeeded: Outcome = { status: "succeeded", output, durationMs: 1 };
  const word = (...outcomes: readonly Outcome[]) =>
    wordSummary(new Map(outcomes.map((outcome, index) => [String(index), outcome])), 310);
  assert.is(
    word(fresh(42_000), restored, succeeded),
    "1 succeeded, 1 restored, 1 fresh (0.31 s; the cache saved 47.2 s)",
  );
  assert.is(
    word(fresh(42_000), fresh(42_000)),
    "nothing to do: 2 steps fresh (0.31 s; the cache saved 1 min 24 s)",
  );
  assert.is(word(fresh(4), fresh(5)), "nothing to do: 2 steps fresh (0.31 s)");
});

test("a file that is in several inputs is told once", () => {
  const changed = (input: string): Reason => ({ type: "input-changed", input, from: '"a"', to: '"b"' });
  const words = wordReasons([changed("code.Dockerfile"), changed("code.Dockerfile"), changed("code.a.py")]);
  assert.is(words, 'Dockerfile changed ("a" → "b"); a.py changed ("a" → "b")');
});

test.run();

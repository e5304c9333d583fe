import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { ReportedStep, RunReport } from "../../src/model/run-report.ts";
import { renderJobSummary } from "../../src/report/job-summary.ts";

const test = suite("summary of a job");

const step = (id: string, more: Partial<ReportedStep>): ReportedStep => ({
  ...{ id, kind: "build", name: "image", needs: [], after: [], state: "succeeded" },
  ...{ because: [], parts: [], log: [], diagnostics: [] },
  ...more,
});

const digest = digestOf("image");

const RUN: RunReport = {
  format: 1,
  version: "0.1.0",
  package: { name: "diabetes", file: "mlpackage.yaml" },
  began: "2026-01-01T00:00:00.000Z",
  durationMs: 3000,
  state: "failed",
  summary: "1 succeeded, 1 fresh, 1 failed (3.00 s; the cache saved 2.00 s)",
  savedMs: 2000,
  steps: [
    step("fetch:a", { kind: "fetch", name: "a", state: "fresh", savedMs: 2000 }),
    step("build:image", { because: ["score.py changed"], startedMs: 0, endedMs: 1500 }),
    step("test", {
      ...{ kind: "test", state: "failed", startedMs: 1500, endedMs: 3000 },
      diagnostics: [
        { code: "test/failed", severity: "error", message: "no", text: "error[test/failed]: no" },
      ],
    }),
    step("push:x", { kind: "push", name: "x", state: "blocked", doing: "blocked by test" }),
  ],
  images: [{ platform: "linux/amd64", digest, layers: [] }],
  tests: [
    {
      ...{ name: "two rows", status: "failed", durationMs: 20, requests: [], isCached: false },
      failures: [{ message: "expected 1, got 2", excerpt: [] }],
    },
    { name: "three rows", status: "passed", durationMs: 1, requests: [], failures: [], isCached: true },
    { name: "other", status: "not-run", reason: "the service did not start" },
  ],
  outputs: [{ step: "push:x", type: "image", name: "x", state: "blocked", commands: [] }],
  diagnostics: [{ code: "a/b", severity: "warning", message: "mind", text: "warning[a/b]: mind" }],
};

test("all of a run", () => {
  assert.is(
    renderJobSummary(RUN),
    `### ✘ diabetes: failed

1 succeeded, 1 fresh, 1 failed &#40;3.00 s; the cache saved 2.00 s&#41;

|  | Step | Time | Why |
| --- | --- | ---: | --- |
| = | fetch a |  | saved 2.00 s |
| ✔ | build image | 1.50 s | score.py changed |
| ✘ | test image | 1.50 s |  |
| ⊘ | push x |  | blocked by test |

#### Tests

|  | Test | Time | What is wrong |
| --- | --- | ---: | --- |
| ✘ | two rows | 0.02 s | expected 1, got 2 |
| ✔ | three rows | 0.00 s | passed earlier |
| – | other |  | the service did not start |

#### Images

| Platform | Digest |
| --- | --- |
| linux/amd64 | <code>sha256&#58;${digest.slice("sha256:".length)}</code> |

#### Outputs

|  | Output | Name | Digest |
| --- | --- | --- | --- |
| ⊘ | image | x |  |

#### Messages

\`\`\`text
error[test/failed]: no
\`\`\`

\`\`\`text
warning[a/b]: mind
\`\`\`

`,
  );
});

test("what there is nothing of has no table", () => {
  const summary = renderJobSummary({
    ...RUN,
    steps: [],
    tests: [],
    images: [],
    outputs: [],
    diagnostics: [],
  });
  assert.is(summary.split("\n\n").filter((part) => part !== "").length, 2);
});

const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "a | b",
  "*b* _i_ `c` ~~s~~ [l](https://models.example.com) ![i](x)",
  "@someone www.example.com $x$",
  "one\n\n# two\n| --- |",
  "- a",
  "1. a",
  "&lt;b&gt; \\| \u001b[2J\u202e",
];

for (const text of HOSTILE) {
  test(`nothing is markup of ${JSON.stringify(text)}`, () => {
    const summary = renderJobSummary({
      ...RUN,
      package: { name: text, file: text },
      summary: text,
      steps: [step("a", { name: text, because: [text] })],
      tests: [{ name: text, status: "not-run", reason: text }],
      images: [{ platform: text, digest, layers: [] }],
      outputs: [{ step: "a", type: text, name: text, state: "succeeded", commands: [] }],
      diagnostics: [],
    });
    assert.not.match(summary, /(?!\n)[\p{Cc}\p{Cf}]/u);
    const own = summary.replaceAll(/<\/?code>/g, "").replace(/^#{3,4} /gm, "");
    assert.not.match(own, /[<>\\`*_~[\]@$]|www\.|!\[/);
    assert.not.match(summary.split("\n")[2] ?? "", /^(?:[-+#]|\d+[.)])/);
    const rows = summary.split("\n").filter((line) => line.startsWith("|"));
    assert.equal(
      rows.map((row) => row.split("|").length - 2),
      [4, 4, 4, 4, 4, 4, 2, 2, 2, 4, 4, 4],
    );
  });
}

test("a message stays within its fence, and within what GitHub takes", () => {
  const text = "a\n```\n````` <b>\n::error::";
  const messages = Array.from({ length: 30 }, () => ({
    ...RUN.diagnostics[0],
    text: text + "x".repeat(90_000),
  }));
  const summary = renderJobSummary({ ...RUN, steps: [], diagnostics: messages as RunReport["diagnostics"] });
  assert.match(summary, "\n``````text\na\n```\n````` <b>\n");
  assert.match(summary, "\n10 more\n");
  assert.ok(summary.length < 1_000_000);
});

test.run();

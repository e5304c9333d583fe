import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RunReport, StepState } from "../../src/model/run-report.ts";
import { renderPage } from "../../src/page/render-page.tsx";
import { makeFailedReport, makeReport, makeRunningReport, makeStep } from "../fakes/run-report.ts";

const test = suite("the page of a run");

const ASSETS = { script: 'document.title = "</script><!--";', style: "p { color: red }" };
const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&\u202ecod\u0000e`;

/** What a reader sees: neither styles nor scripts nor marks. */
function textOf(html: string): string {
  return html
    .replace(/<(script|style)[^>]*>.*?<\/\1>/gs, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
}

function embeddedIn(html: string, id: string): unknown {
  const [, text = ""] =
    new RegExp(`<script type="application/json" id="${id}">(.*?)</script>`, "s").exec(html) ?? [];
  return JSON.parse(text);
}

/** With the same hostile text in the place of each that a report may have from elsewhere. */
function makeHostile(value: unknown, key = ""): unknown {
  const ours = ["state", "status", "severity", "part", "kind", "began", "digest", "step", "id"];
  if (typeof value === "string") return ours.includes(key) ? value : `${HOSTILE}${value}`;
  if (Array.isArray(value)) return value.map((one) => makeHostile(one, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, makeHostile(one, name)]));
}

test("a run is told without a script: its steps, tests, image and outputs", () => {
  const text = textOf(renderPage(makeReport(), ASSETS));
  for (const words of [
    "diabetes succeeded",
    "7 succeeded, 1 restored, 3 fresh; the cache saved 2 min 5 s",
    "2026-03-01 09:30 UTC",
    "requirements.txt changed (3fa0c1 → 91be22)",
    "RUN pip install -r requirements.txt",
    "Collecting package-17==1.17.0",
    "two rows passed 2 requests in 1.2 s",
    "p95 9.9 ms",
    "model 74 % 412 MB",
    "docker pull registry.example.com/team/diabetes@sha256:",
  ])
    assert.ok(text.includes(words), words);
});

test("a failed step is open, with why it failed, and is told before anything else", () => {
  const html = renderPage(makeFailedReport(), ASSETS);
  const open = [...html.matchAll(/<details id="([^"]+)"[^>]* open/g)].map(([, id]) => id);
  assert.equal(open, ["step-8"]);
  const text = textOf(html);
  assert.match(text, "What went wrong test the test `two rows` got 500 instead of 200");
  assert.ok(html.indexOf('id="problems"') < html.indexOf('id="graph"'));
  assert.match(text, "error test/status error[test/status]: the test `two rows` got 500 instead of 200");
  assert.match(text, "blocked by test");
  assert.match(text, "health not run the test before it failed");
});

test("a running step says what it does and for how long", () => {
  const text = textOf(renderPage(makeRunningReport(), ASSETS));
  assert.match(text, "diabetes running");
  assert.match(text, /build:environment running · layer 3\/5 21 s/);
  assert.not.match(text, "Outputs");
});

test("each state has a word and a shape of its own", () => {
  const states: readonly StepState[] = [
    "waiting",
    "running",
    "succeeded",
    "fresh",
    "restored",
    "failed",
    "blocked",
    "cancelled",
  ];
  const shapes = states.map((state) => {
    const html = renderPage(makeReport({ steps: [makeStep("fetch:a", state)] }), ASSETS);
    assert.match(html, `aria-label="fetch a ${state}"`);
    assert.match(textOf(html), new RegExp(`fetch:a ${state}`));
    return new RegExp(`<summary><svg class="mark ${state}"[^>]*>(.*?)</svg>`).exec(html)?.[1];
  });
  assert.is(new Set(shapes).size, states.length);
  assert.not.ok(shapes.includes(undefined));
});

test("a run of which nothing is known yet is a page", () => {
  const text = textOf(
    renderPage(
      makeReport({
        state: "running",
        steps: [],
        images: [],
        tests: [],
        outputs: [],
        savedMs: 0,
        durationMs: 0,
      }),
      ASSETS,
    ),
  );
  assert.match(text, "Timeline No step has begun.");
  assert.match(text, "Steps There are none.");
});

test("no text is more than text", () => {
  for (const report of [makeReport(), makeFailedReport(), makeRunningReport()]) {
    const html = renderPage(makeHostile(report) as RunReport, ASSETS);
    assert.is(html.match(/<script/g)?.length, 3);
    assert.is(html.match(/<\/script/g)?.length, 3);
    assert.not.match(html, /<img|\u202e|\0/);
    assert.match(html, "&lt;/script>&lt;script>alert(1)");
  }
});

test("steps may be called anything", () => {
  const names = [
    "fetch:__proto__",
    "fetch:constructor",
    'fetch:a b#c"d',
    "fetch:",
    `fetch:${"x".repeat(5000)}`,
  ];
  const steps = names.map((id, index) =>
    makeStep(id, "fresh", { needs: names.slice(0, index), after: ["gone"] }),
  );
  const html = renderPage(makeReport({ steps }), ASSETS);
  assert.is(html.match(/<a class="node fresh"/g)?.length, names.length);
});

test("the report lies in the page as it was", () => {
  const report = makeReport({ summary: "a </script> <!-- b" });
  assert.equal(embeddedIn(renderPage(report, ASSETS), "run-report"), JSON.parse(JSON.stringify(report)));
});

test("the policy lets in the page's own scripts, and nobody else's", () => {
  const html = renderPage(makeReport(), ASSETS);
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
  assert.match(policy, /^default-src 'none'; script-src 'sha256-/);
  assert.not.match(policy, "connect-src");
  const scripts = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(([, text = ""]) => text);
  assert.is(scripts.length, 2);
  for (const script of scripts)
    assert.ok(policy.includes(`'sha256-${createHash("sha256").update(script).digest("base64")}'`), script);
  const live = renderPage(makeReport(), ASSETS, { service: { state: "none" } });
  assert.match(live, /Content-Security-Policy" content="[^"]*; connect-src 'self';/);
});

test("the form is there where there is a service, and sends once that is ready", () => {
  const render = (service: Parameters<typeof renderPage>[2]) => renderPage(makeReport(), ASSETS, service);
  assert.not.match(renderPage(makeReport(), ASSETS), "<textarea");
  assert.not.match(render({ service: { state: "none" } }), "<textarea");
  assert.match(render({ service: { state: "starting" } }), /<button type="submit" disabled>/);
  const ready = render({
    service: { state: "ready", url: "http://127.0.0.1:6789" },
    sampleRequest: '{"data": [[1, 2]]}',
  });
  assert.match(ready, /<button type="submit">/);
  assert.match(ready, '<a href="http://127.0.0.1:6789">');
  assert.match(ready, />{&quot;data&quot;: \[\[1, 2\]\]}<\/textarea>/);
  assert.not.match(render({ service: { state: "ready", url: "javascript:alert(1)" } }), 'href="javascript:');
});

test("a service that did not start has no form, but the reason", () => {
  const service = { state: "failed", reason: "error[service/exited]: it ended" } as const;
  const html = renderPage(makeReport(), ASSETS, { service });
  assert.match(html, "error[service/exited]: it ended");
  assert.not.match(html, "<textarea");
});

test("thousands of steps and log lines are rendered in seconds", () => {
  const steps = Array.from({ length: 2000 }, (_, index) =>
    makeStep(`fetch:model-${index}`, "succeeded", {
      startedMs: index,
      endedMs: index + 50,
      needs: index < 2 ? [] : [`fetch:model-${index - 1}`, `fetch:model-${index >> 1}`],
    }),
  );
  const log = Array.from({ length: 10_000 }, (_, index) => `line ${index} of what it said`);
  const began = performance.now();
  const html = renderPage(makeReport({ steps: [...steps, makeStep("test", "failed", { log })] }), ASSETS);
  const tookMs = performance.now() - began;
  assert.ok(tookMs < 10_000, `${tookMs} ms`);
  assert.match(html, "line 9999 of what it said");
  assert.is(html.match(/<details/g)?.length, 2001 + 2);
  assert.not.match(html, 'class="drawing"');
  assert.match(html, "The 60 longest of 2000 steps");
});

test.run();

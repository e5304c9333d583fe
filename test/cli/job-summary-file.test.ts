import { readFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { jobSummaryPlace, summarizeJob } from "../../src/cli/job-summary-file.ts";
import type { RunReport } from "../../src/model/run-report.ts";
import { makeCall } from "../fakes/call.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("file of a job's summary");

const placeIn = (environment: Readonly<Record<string, string>>) =>
  jobSummaryPlace(makeCall({}, { environment }).session);

test("only GitHub Actions has one", () => {
  assert.is(placeIn({ GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: "/a" }), "/a");
  assert.is(placeIn({ GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: "" }), undefined);
  assert.is(placeIn({ GITHUB_ACTIONS: "true" }), undefined);
  assert.is(placeIn({ GITHUB_STEP_SUMMARY: "/a" }), undefined);
});

test("a run is added to what the job did before", async () => {
  const place = path.join(makeFolder({ summary: "before\n" }), "summary");
  const report: RunReport = {
    ...{ format: 1, version: "0", package: { name: "diabetes", file: "f" }, began: "", durationMs: 1 },
    ...{ state: "succeeded", summary: "1 succeeded (0.00 s)", savedMs: 0 },
    ...{ steps: [], images: [], tests: [], outputs: [], diagnostics: [] },
  };
  const { session } = makeCall({});
  await summarizeJob(session, { report: async () => report }, place).save();
  assert.is(
    readFileSync(place, "utf8"),
    "before\n### ✔ diabetes: succeeded\n\n1 succeeded &#40;0.00 s&#41;\n\n",
  );
});

test.run();

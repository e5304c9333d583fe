import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EXIT, exitCodeOf, exitCodeOfRun } from "../../src/cli/exit-code.ts";
import { errorDiagnostic } from "../../src/model/diagnostic.ts";
import type { Outcome } from "../../src/model/outcome.ts";
import { makeOutput } from "../fakes/steps.ts";

const test = suite("exit codes");

const diagnosticsOf = (codes: string) => codes.split(" ").map((code) => errorDiagnostic(code, "x"));

for (const [codes, exitCode] of [
  ["config/unknown-key", EXIT.wrongInput],
  ["document/syntax cli/no-data config/bad-value", EXIT.wrongInput],
  ["source/not-found", EXIT.stepFailed],
  ["config/unknown-key source/not-found", EXIT.stepFailed],
  ["engine/unreachable", EXIT.noEngine],
  ["engine/unsupported-endpoint", EXIT.noEngine],
  ["source/not-found engine/no-buildx", EXIT.noEngine],
  ["engine/tag-refused", EXIT.stepFailed],
] as const) {
  test(`before any step: ${codes}`, () => assert.is(exitCodeOf(diagnosticsOf(codes)), exitCode));
}

const failed = (codes: string): Outcome => ({
  status: "failed",
  diagnostics: diagnosticsOf(codes),
  durationMs: 1,
});
const succeeded: Outcome = { status: "succeeded", output: makeOutput("x"), durationMs: 1 };
const fresh: Outcome = { status: "fresh", output: makeOutput("x") };
const blocked: Outcome = { status: "blocked", by: ["x"] };

const runs: readonly (readonly [what: string, outcomes: readonly Outcome[], exitCode: number])[] = [
  ["nothing", [], EXIT.done],
  ["all well", [succeeded, fresh], EXIT.done],
  ["a test of the package", [succeeded, failed("test/failed test/no-answer"), blocked], EXIT.testFailed],
  ["a service that does not start", [failed("service/exited"), blocked], EXIT.testFailed],
  ["a step", [failed("build/failed"), blocked], EXIT.stepFailed],
  ["a step and a test", [failed("test/failed"), failed("save/folder-not-ours")], EXIT.stepFailed],
  ["an engine that went away", [failed("test/failed"), failed("engine/unreachable")], EXIT.noEngine],
];

for (const [what, outcomes, exitCode] of runs) {
  test(`after a run: ${what}`, () => {
    assert.is(exitCodeOfRun(new Map(outcomes.map((outcome, index) => [`${index}`, outcome]))), exitCode);
  });
}

test("the numbers are a promise", () => {
  assert.equal(EXIT, {
    done: 0,
    stepFailed: 1,
    workFound: 2,
    testFailed: 3,
    wrongInput: 64,
    noEngine: 69,
    bug: 70,
    lockTimedOut: 75,
    interrupted: 130,
    terminated: 143,
    different: 1,
    notCompared: 2,
  });
});

test.run();

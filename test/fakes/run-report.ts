import { digestOf } from "../../src/model/digest.ts";
import type { DescribedLayer, LayerPart } from "../../src/model/image.ts";
import type { ReportedStep, RunReport, StepState } from "../../src/model/run-report.ts";
import type { StepKindName } from "../../src/model/step.ts";

/** A run that succeeded, of eleven steps: some fresh, one restored, and one that the builder worked for. */
export function makeReport(replaced: Partial<RunReport> = {}): RunReport {
  return {
    format: 1,
    version: "0.1.0",
    package: { name: "diabetes", file: "models/diabetes/mlpackage.yaml" },
    began: "2026-03-01T09:30:12.345Z",
    durationMs: 41_300,
    state: "succeeded",
    summary: "7 succeeded, 1 restored, 3 fresh; the cache saved 2 min 5 s",
    savedMs: 125_000,
    steps: STEPS,
    images: [{ platform: "linux/amd64", digest: digestOf("manifest"), layers: LAYERS }],
    tests: [
      {
        name: "two rows",
        status: "passed",
        isCached: false,
        durationMs: 1230,
        failures: [],
        requests: [
          {
            method: "POST",
            path: "/score",
            status: 200,
            latencies: { count: 1, p50: 12.3, p95: 12.3, max: 12.3 },
            answer: "[5215.198131579732,3726.9947185480064]",
          },
          {
            method: "POST",
            path: "/score",
            status: 200,
            latencies: { count: 200, p50: 4.1, p95: 9.87, max: 31 },
            answer:
              '{"predictions": [5215.20, 12345678901234567890], "model": {"name": "ridge", "version": "3"}}',
          },
        ],
      },
      { name: "health", status: "passed", isCached: true, durationMs: 80, failures: [], requests: [] },
    ],
    outputs: [
      {
        step: "push:registry.example.com/team/diabetes:1.4.0",
        type: "image",
        name: "registry.example.com/team/diabetes:1.4.0",
        state: "succeeded",
        digest: digestOf("index"),
        commands: [
          {
            does: "gets it, by its digest",
            command: `docker pull registry.example.com/team/diabetes@${digestOf("index")}`,
          },
          {
            does: "runs it",
            command: `docker run --rm -p 6789:5001 registry.example.com/team/diabetes@${digestOf("index")}`,
          },
        ],
      },
      { step: "save:imagefiles", type: "dockerfile", name: "imagefiles", state: "fresh", commands: [] },
    ],
    diagnostics: [],
    ...replaced,
  };
}

/** The same, with a test that failed, and what that stands in the way of. */
export function makeFailedReport(): RunReport {
  const told = {
    code: "test/status",
    severity: "error" as const,
    message: "the test `two rows` got 500 instead of 200",
    hint: "`mlpackage run` starts the image; its log tells more",
    text: `error[test/status]: the test \`two rows\` got 500 instead of 200
  --> mlpackage.yaml:14:5
   |
14 |   - name: two rows
   |     ^^^^^^^^^^^^^^ sent POST /score
   |
hint: \`mlpackage run\` starts the image; its log tells more`,
  };
  const change = (id: string, changed: Partial<ReportedStep>) => (step: ReportedStep) =>
    step.id === id ? { ...step, ...changed } : step;
  return makeReport({
    state: "failed",
    summary: "4 succeeded, 1 restored, 3 fresh, 1 failed, 2 blocked",
    steps: STEPS.map(change("test", { state: "failed", diagnostics: [told], log: trace("score.py") }))
      .map(change(PUSH, { ...notBegun, state: "blocked", doing: "blocked by test" }))
      .map(change(ATTEST, { ...notBegun, state: "blocked", doing: "blocked by test" })),
    tests: [
      {
        name: "two rows",
        status: "failed",
        isCached: false,
        durationMs: 812,
        failures: [
          {
            message: "the status is 500, and 200 was expected",
            excerpt: ['{"error": "shapes (2,9) and (10,) not aligned"}', "", ...trace("score.py")],
          },
        ],
        requests: [
          {
            method: "POST",
            path: "/score",
            status: 500,
            latencies: { count: 1, p50: 40, p95: 40, max: 40 },
            answer: '{"error":"shapes (2,9) and (10,) not aligned"}',
          },
        ],
      },
      { name: "health", status: "not-run", reason: "the test before it failed" },
    ],
    outputs: makeReport().outputs.map((output, index) =>
      index === 0 ? { ...output, state: "blocked", commands: [] } : output,
    ),
    diagnostics: [
      {
        code: "lock/stale",
        severity: "warning",
        message: "the lock is older than the file",
        hint: "`mlpackage lock` writes it anew",
        text: "warning[lock/stale]: the lock is older than the file\nhint: `mlpackage lock` writes it anew",
      },
    ],
  });
}

/** The same, half a minute after it began. */
export function makeRunningReport(): RunReport {
  const nowMs = 21_000;
  return makeReport({
    state: "running",
    durationMs: nowMs,
    summary: "2 running, 3 waiting",
    steps: STEPS.map((step) => {
      if (step.startedMs === undefined || (step.endedMs ?? 0) <= nowMs) return step;
      if (step.startedMs >= nowMs)
        return { ...step, ...notBegun, state: "waiting", doing: "waits for build:image" };
      const { endedMs: _, digest: __, ...begun } = step;
      const parts = step.parts
        .filter(({ startedMs }) => startedMs < nowMs)
        .map(({ endedMs = 0, ...part }) =>
          endedMs > nowMs ? { ...part, state: "running" as const } : { ...part, endedMs },
        );
      return { ...begun, parts, state: "running", doing: "layer 3/5" };
    }),
    images: [],
    tests: [],
    outputs: [],
  });
}

/** One of a state, with nothing more than it needs. */
export function makeStep(id: string, state: StepState, replaced: Partial<ReportedStep> = {}): ReportedStep {
  const [kind = "", name = kind] = id.split(/:(.*)/s);
  return {
    id,
    kind: kind as StepKindName,
    name,
    needs: [],
    after: [],
    state,
    because: [],
    parts: [],
    log: [],
    diagnostics: [],
    ...replaced,
  };
}

const PUSH = "push:registry.example.com/team/diabetes:1.4.0";
const ATTEST = "attest:registry.example.com/team/diabetes";
const notBegun = {
  startedMs: undefined,
  endedMs: undefined,
  digest: undefined,
  because: [],
} as unknown as Partial<ReportedStep>;

const STEPS: readonly ReportedStep[] = [
  makeStep("fetch:ridge", "fresh", { savedMs: 5400, digest: digestOf("ridge") }),
  makeStep("fetch:embeddings", "restored", {
    startedMs: 20,
    endedMs: 2600,
    savedMs: 119_600,
    doing: "restored from cache.example.com",
    digest: digestOf("embeddings"),
  }),
  makeStep("layer:ridge", "fresh", { needs: ["fetch:ridge"], savedMs: 120, digest: digestOf("layer ridge") }),
  makeStep("layer:embeddings", "succeeded", {
    needs: ["fetch:embeddings"],
    because: ["it never ran here"],
    startedMs: 2610,
    endedMs: 7900,
    digest: digestOf("layer embeddings"),
  }),
  makeStep("lock:packages", "fresh", { savedMs: 900 }),
  makeStep("build:environment", "succeeded", {
    needs: ["lock:packages"],
    because: ["requirements.txt changed (3fa0c1 → 91be22)", "the base image `python:3.12-slim` moved"],
    startedMs: 40,
    endedMs: 24_800,
    digest: digestOf("environment"),
    parts: [
      { name: "FROM python:3.12-slim", startedMs: 300, endedMs: 3900, state: "succeeded" },
      { name: "load context requirements", startedMs: 400, endedMs: 900, state: "succeeded" },
      { name: "WORKDIR /var/azureml-app", startedMs: 3900, endedMs: 3900, state: "cached" },
      { name: "RUN apt-get install libgomp1", startedMs: 3910, endedMs: 9400, state: "succeeded" },
      { name: "RUN pip install -r requirements.txt", startedMs: 9400, endedMs: 22_100, state: "succeeded" },
      { name: "export the layout", startedMs: 22_100, endedMs: 24_700, state: "succeeded" },
    ],
    log: Array.from({ length: 18 }, (_, index) => `Collecting package-${index}==1.${index}.0`),
  }),
  makeStep("build:image", "succeeded", {
    needs: ["build:environment", "layer:ridge", "layer:embeddings"],
    because: ["build:environment made something else"],
    startedMs: 24_810,
    endedMs: 26_000,
    digest: digestOf("manifest"),
  }),
  makeStep("load:image", "succeeded", {
    needs: ["build:image"],
    because: ["build:image made something else"],
    startedMs: 26_010,
    endedMs: 31_900,
  }),
  makeStep("test", "succeeded", {
    needs: ["load:image"],
    because: ["build:image made something else"],
    startedMs: 31_910,
    endedMs: 34_400,
    log: ["listening on port 5001", "POST /score 200 12 ms"],
  }),
  makeStep(PUSH, "succeeded", {
    needs: ["build:image"],
    after: ["test"],
    because: ["build:image made something else"],
    startedMs: 34_410,
    endedMs: 39_900,
    digest: digestOf("index"),
  }),
  makeStep(ATTEST, "succeeded", {
    needs: ["build:image", "build:environment"],
    after: [PUSH],
    because: ["build:image made something else"],
    startedMs: 39_910,
    endedMs: 41_200,
  }),
];

function makeLayer(part: LayerPart, size: number, name?: string): DescribedLayer {
  const what = name === undefined ? part : `${part} ${name}`;
  return {
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    digest: digestOf(`${what} ${size}`),
    diffId: digestOf(`${what} ${size} tar`),
    size,
    part,
    createdBy: part === "base" ? "RUN /bin/sh -c set -eux; apt-get update" : `mlpackage: ${what}`,
    ...(name === undefined ? {} : { name }),
  };
}

const LAYERS: readonly DescribedLayer[] = [
  makeLayer("base", 28_230_000),
  makeLayer("base", 3_310_000),
  makeLayer("base", 13_650_000),
  makeLayer("system-packages", 1_120_000),
  makeLayer("packages", 96_400_000),
  makeLayer("model", 412_000_000, "embeddings"),
  makeLayer("model", 641, "ridge"),
  makeLayer("server", 88_200),
  makeLayer("code", 2300),
];

function trace(file: string): readonly string[] {
  return [
    "Traceback (most recent call last):",
    `  File "/var/azureml-app/source/${file}", line 21, in run`,
    "    return model.predict(rows).tolist()",
    "ValueError: shapes (2,9) and (10,) not aligned: 9 (dim 1) != 10 (dim 0)",
  ];
}

import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { type Digest, digestOfValue } from "../model/digest.ts";
import type { Service } from "../model/engine.ts";
import type { StepOutput } from "../model/outcome.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import type { RequestResult, TestFailure, TestResult } from "../model/test-result.ts";
import { type Exchange, type ExchangeContext, runExchange } from "./exchange.ts";
import { LOAD, loadedImageOf } from "./load.ts";
import type { Swagger } from "./read-swagger.ts";
import { waitUntilReady } from "./wait-until-ready.ts";

type TestInputs = {
  readonly port: number;
  /** The path that tells of readiness; empty where only an open port does. */
  readonly readiness: string;
  readonly tests: readonly { readonly name: string; readonly exchanges: readonly Exchange[] }[];
  /** The digest of each file that they read. */
  readonly testFiles: Readonly<Record<string, string>>;
};

const TEST_LABELS = { "org.mlpackage.role": "test" };

/** Whose container it is: one that a killed run left behind can be told by it. */
const OWNER_LABEL = "org.mlpackage.owner";

const UNANSWERED = "correct the script: the container's log says why it did not answer";

const LOG_LINES = 20;

/** Starts the image as it will run, sends the requests and compares the answers. The container is always removed. */
export const testKind: StepKind = {
  kind: "test",
  version: 3,
  summary: "starts the image and checks its answers",
  shareable: true,
  timeoutMs: 60 * 60_000,
  attempts: 1,
  run,
  async findMissing(step, output) {
    const { tests } = step.inputs as unknown as TestInputs;
    return output.digest === digestOfPassed(tests) ? undefined : "what it made";
  },
};

async function run(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const inputs = step.inputs as unknown as TestInputs;
  const image = loadedImageOf(context.outputOf(LOAD));
  await removeAbandoned(context);
  const started = await context.engine.start({
    image,
    port: inputs.port,
    hostPort: 0,
    labels: { ...TEST_LABELS, [OWNER_LABEL]: context.host.identity.id },
    signal: context.signal,
  });
  if (!started.ok) return started;
  const service = started.value;
  try {
    return await testService(inputs, service, context);
  } finally {
    await service.remove({ graceful: false });
  }
}

/** Removes the containers of runs that were killed before they could. */
async function removeAbandoned({ engine, host }: StepContext): Promise<void> {
  for (const service of await engine.findServices(TEST_LABELS)) {
    const owner = service.labels[OWNER_LABEL];
    if (owner !== undefined && !(await host.identity.isAlive(owner)))
      await service.remove({ graceful: false });
  }
}

async function testService(
  inputs: TestInputs,
  service: Service,
  context: StepContext,
): Promise<Result<StepOutput>> {
  context.report({ type: "doing", text: "waiting until it is ready" });
  const ready = await waitUntilReady(service, inputs.readiness, context.host, context.signal);
  if (!ready.ok) return fail(...(await withLog(ready.diagnostics, service)));
  const results: TestResult[] = [];
  const failures: Diagnostic[] = [];
  const exchangeContext = {
    service,
    testFiles: inputs.testFiles,
    swagger: askOnce(service, context),
    step: context,
  };
  for (const test of inputs.tests) {
    context.report({ type: "doing", text: test.name });
    const { result, diagnostics } = await runTest(test, exchangeContext);
    context.report({ type: "tested", result });
    results.push(result);
    failures.push(...diagnostics);
  }
  if (failures.length > 0) return fail(...(await withLog(failures, service)));
  const passed = inputs.tests.map(({ name }) => name);
  return succeed({
    digest: digestOfPassed(inputs.tests),
    files: [],
    values: { passed, results: results.map(withoutAnswers) },
  });
}

/** Asks a service for what it says of itself where a test wants to know, and the first time alone. */
function askOnce(service: Service, { host, signal }: StepContext): () => Promise<Swagger> {
  let asked: Promise<Swagger> | undefined;
  return () => {
    asked ??= import("./read-swagger.ts").then(({ readSwagger }) => readSwagger(service, host, signal));
    return asked;
  };
}

function digestOfPassed(tests: TestInputs["tests"]): Digest {
  return digestOfValue({ passed: tests.map(({ name }) => name) });
}

/** What a service answers may be private, and a record goes to other machines. */
function withoutAnswers({ requests, ...result }: TestResult): TestResult {
  return { ...result, requests: requests.map(({ answer: _answer, ...request }) => request) };
}

type Tested = { readonly result: TestResult; readonly diagnostics: readonly Diagnostic[] };

/** Runs a test until one of its requests fails: those after it may depend on it. */
async function runTest(
  { name, exchanges }: TestInputs["tests"][number],
  context: ExchangeContext,
): Promise<Tested> {
  const { clock } = context.step.host;
  const began = clock.monotonic();
  const requests: RequestResult[] = [];
  const tested = (failures: readonly TestFailure[], diagnostics: readonly Diagnostic[]): Tested => {
    const durationMs = Math.round(clock.monotonic() - began);
    return { result: { name, durationMs, requests, failures }, diagnostics };
  };
  for (const [index, exchange] of exchanges.entries()) {
    const outcome = await runExchange(exchange, context);
    requests.push(outcome.result);
    const { method, path: target } = outcome.result;
    const which = exchanges.length === 1 ? "" : `request ${index + 1} (\`${method} ${target}\`): `;
    const failures = outcome.failures.map((one) => ({ ...one, message: `${which}${one.message}` }));
    if (failures.length === 0) continue;
    const code = outcome.isUnanswered ? "test/no-answer" : "test/failed";
    const details = { test: name, request: index };
    const diagnostics = failures.map(({ message, excerpt }) =>
      errorDiagnostic(code, `test \`${name}\`: ${message}`, {
        details,
        hint: outcome.isUnanswered
          ? UNANSWERED
          : `correct the script or the test, then type \`mlpackage apply\``,
        ...(excerpt.length > 0 && { excerpt }),
      }),
    );
    return tested(failures, diagnostics);
  }
  return tested([], []);
}

/** The container's own words belong to the last message, once. */
async function withLog(diagnostics: readonly Diagnostic[], service: Service): Promise<readonly Diagnostic[]> {
  await service.halt();
  const log = (await service.logTail(LOG_LINES)).filter((line) => line.trim() !== "");
  if (log.length === 0) return diagnostics;
  return diagnostics.map((diagnostic, index) =>
    index < diagnostics.length - 1
      ? diagnostic
      : { ...diagnostic, excerpt: [...(diagnostic.excerpt ?? []), "the container's log:", ...log] },
  );
}

import path from "node:path";
import type { TestConfig } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { type Digest, digestOf, digestOfValue } from "../model/digest.ts";
import type { Service } from "../model/engine.ts";
import { NetworkError } from "../model/host.ts";
import type { StepOutput } from "../model/outcome.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import { type Answer, compareAnswer } from "./compare-answer.ts";
import { LOAD, loadedImageOf } from "./load.ts";
import { InputChanged } from "./output-files.ts";
import { waitUntilReady } from "./wait-until-ready.ts";

type TestInputs = {
  readonly port: number;
  /** The path that tells of readiness; empty where only an open port does. */
  readonly readiness: string;
  readonly tests: readonly Omit<TestConfig, "pointer">[];
  /** The digest of each body that is kept in a file. */
  readonly bodyFiles: Readonly<Record<string, string>>;
};

const TEST_LABELS = { "org.mlpackage.role": "test" };

/** Whose container it is: one that a killed run left behind can be told by it. */
const OWNER_LABEL = "org.mlpackage.owner";

const LOG_LINES = 20;

/** Starts the image as it will run, sends the requests and compares the answers. The container is always removed. */
export const testKind: StepKind = {
  kind: "test",
  version: 1,
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
  const failures: Diagnostic[] = [];
  for (const test of inputs.tests) {
    context.report({ type: "doing", text: test.name });
    failures.push(...(await runTest(test, inputs, service, context)));
  }
  if (failures.length > 0) return fail(...(await withLog(failures, service)));
  const passed = inputs.tests.map(({ name }) => name);
  return succeed({ digest: digestOfPassed(inputs.tests), files: [], values: { passed } });
}

function digestOfPassed(tests: TestInputs["tests"]): Digest {
  return digestOfValue({ passed: tests.map(({ name }) => name) });
}

async function runTest(
  test: Omit<TestConfig, "pointer">,
  inputs: TestInputs,
  service: Service,
  context: StepContext,
): Promise<readonly Diagnostic[]> {
  const answer = await ask(test, inputs, service, context).catch((error: unknown) => {
    if (error instanceof NetworkError && !context.signal.aborted) return error;
    throw error;
  });
  const details = { test: test.name };
  if (answer instanceof NetworkError) {
    return [
      errorDiagnostic(
        "test/no-answer",
        `test \`${test.name}\`: the service did not answer: ${answer.message}`,
        { details },
      ),
    ];
  }
  return compareAnswer(test.expect, answer).map(({ message, excerpt }) =>
    errorDiagnostic("test/failed", `test \`${test.name}\`: ${message}`, {
      details,
      ...(excerpt && { excerpt }),
    }),
  );
}

async function ask(
  test: Omit<TestConfig, "pointer">,
  inputs: TestInputs,
  service: Service,
  context: StepContext,
): Promise<Answer> {
  const { method, path: target, headers } = test.request;
  const body = await bodyOf(test.request, inputs, context);
  const began = context.host.clock.monotonic();
  const response = await context.host.network.request({
    url: `http://127.0.0.1:${service.hostPort}${target}`,
    method,
    headers: { ...(body?.type !== undefined && { "content-type": body.type }), ...lowerCased(headers) },
    ...(body !== undefined && { body: body.content }),
    signal: context.signal,
    timeoutMs: 120_000,
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    latencyMs: context.host.clock.monotonic() - began,
  };
}

type Body = { readonly content: string | Uint8Array; readonly type?: string };

async function bodyOf(
  request: TestConfig["request"],
  { bodyFiles }: TestInputs,
  { host, directory }: StepContext,
): Promise<Body | undefined> {
  if (request.bodyFile !== undefined) {
    const content = await host.files.readBytes(path.join(directory, request.bodyFile));
    if (digestOf(content) !== bodyFiles[request.bodyFile]) throw new InputChanged(request.bodyFile);
    return {
      content,
      type: request.bodyFile.endsWith(".json") ? "application/json" : "application/octet-stream",
    };
  }
  if (request.body === undefined) return undefined;
  if (typeof request.body === "string") return { content: request.body, type: "text/plain; charset=utf-8" };
  return { content: JSON.stringify(request.body), type: "application/json" };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
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

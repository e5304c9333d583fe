import path from "node:path";
import { percentile } from "../expectations/percentile.ts";
import type { ExchangeConfig, RequestConfig } from "../model/config.ts";
import { digestOf } from "../model/digest.ts";
import type { Service } from "../model/engine.ts";
import { NetworkError } from "../model/host.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { StepContext } from "../model/step-kind.ts";
import type { Latencies, RequestResult, TestFailure } from "../model/test-result.ts";
import { type Answer, compareLatencies, type Expectation, prepareComparison } from "./compare-answer.ts";
import type { Sent } from "./compare-swagger.ts";
import { InputChanged } from "./output-files.ts";
import type { Swagger } from "./read-swagger.ts";

/** A request and what is expected, as a step has them: where they stand in the file is nothing that it depends on. */
export type Exchange = {
  readonly request: Omit<RequestConfig, "pointer">;
  readonly repeat: ExchangeConfig["repeat"];
  readonly expect: Expectation;
};

/** What an exchange may use: who is asked, and the digest of each file that it reads. */
export type ExchangeContext = {
  readonly service: Service;
  readonly testFiles: Readonly<Record<string, string>>;
  /** What the service says of itself; it is asked once. */
  readonly swagger: () => Promise<Swagger>;
  readonly step: StepContext;
};

/** `isUnanswered`: no answer came, and a failure says why. */
export type ExchangeOutcome = {
  readonly result: RequestResult;
  readonly failures: readonly TestFailure[];
  readonly isUnanswered?: boolean;
};

/** Sends a request as often as it says, until an answer is wrong, and compares the answers. */
export async function runExchange(exchange: Exchange, context: ExchangeContext): Promise<ExchangeOutcome> {
  const { request, repeat, expect } = exchange;
  const compare = await prepareComparison(expect, await schemaOf(expect, context));
  const body = await bodyOf(request, context);
  const answers: Answer[] = [];
  const outcome = (failures: readonly TestFailure[], isUnanswered = false): ExchangeOutcome => ({
    result: resultOf(request, answers),
    failures,
    isUnanswered,
  });
  for (let number = 1; number <= repeat; number += 1) {
    const answer = await askOrFail(request, body, context);
    const prefix = repeat === 1 ? "" : `answer ${number} of ${repeat}: `;
    if (answer instanceof NetworkError) {
      const message = `${prefix}the service did not answer: ${answer.message}`;
      return outcome([{ message, excerpt: [] }], true);
    }
    answers.push(answer);
    const swagger = expect.swagger && (await context.swagger());
    const failures = [
      ...compare(answer),
      ...(swagger ? compareSwagger(sentOf(request, body), answer, swagger) : []),
    ];
    if (failures.length > 0)
      return outcome(failures.map((one) => ({ ...one, message: `${prefix}${one.message}` })));
  }
  const latencies = answers.map(({ latencyMs }) => latencyMs);
  return outcome(expect.maxLatencyMs === undefined ? [] : compareLatencies(expect.maxLatencyMs, latencies));
}

function compareSwagger(sent: Sent, answer: Answer, swagger: Swagger): readonly TestFailure[] {
  return "failures" in swagger ? swagger.failures : swagger.compare(sent, answer);
}

function sentOf({ method, path: target, headers }: Exchange["request"], body: Body | undefined): Sent {
  const type = lowerCased(headers)["content-type"] ?? body?.type;
  return { method, path: pathOf(target), type, content: body?.content };
}

const ANSWER_CHARACTERS = 2_000;

function resultOf({ method, path: target }: Exchange["request"], answers: readonly Answer[]): RequestResult {
  const last = answers.at(-1);
  return {
    method,
    path: pathOf(target),
    ...(last !== undefined && { status: last.status, answer: last.text.slice(0, ANSWER_CHARACTERS) }),
    latencies: summarize(answers.map(({ latencyMs }) => latencyMs)),
  };
}

function pathOf(target: string): string {
  return target.replace(/[?#].*$/s, "");
}

function summarize(latenciesMs: readonly number[]): Latencies {
  const at = (rank: number) => Math.round(percentile(latenciesMs, rank) * 10) / 10;
  return { count: latenciesMs.length, p50: at(50), p95: at(95), max: at(100) };
}

async function askOrFail(
  request: Exchange["request"],
  body: Body | undefined,
  context: ExchangeContext,
): Promise<Answer | NetworkError> {
  try {
    return await ask(request, body, context);
  } catch (error) {
    if (error instanceof NetworkError && !context.step.signal.aborted) return error;
    throw error;
  }
}

async function ask(
  { method, path: target, headers }: Exchange["request"],
  body: Body | undefined,
  { service, step: { host, signal } }: ExchangeContext,
): Promise<Answer> {
  const began = host.clock.monotonic();
  const response = await host.network.request({
    url: `http://127.0.0.1:${service.hostPort}${target}`,
    method,
    headers: { ...(body?.type !== undefined && { "content-type": body.type }), ...lowerCased(headers) },
    ...(body !== undefined && { body: body.content }),
    signal,
    timeoutMs: 120_000,
  });
  const text = await response.text();
  const latencyMs = host.clock.monotonic() - began;
  return { status: response.status, headers: response.headers, text, latencyMs };
}

type Body = { readonly content: string | Uint8Array; readonly type?: string };

async function bodyOf(request: Exchange["request"], context: ExchangeContext): Promise<Body | undefined> {
  if (request.bodyFile !== undefined) {
    const content = await readTestFile(request.bodyFile, context);
    return { content, type: contentTypeOf(request.bodyFile) };
  }
  if (request.body === undefined) return undefined;
  if (typeof request.body === "string") return { content: request.body, type: "text/plain; charset=utf-8" };
  return { content: JSON.stringify(request.body), type: "application/json" };
}

/** What a file is by the end of its name; of all others nothing is said but that they are bytes. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  bmp: "image/bmp",
  csv: "text/csv",
  gif: "image/gif",
  html: "text/html",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  json: "application/json",
  jsonl: "application/jsonl",
  mp3: "audio/mpeg",
  ndjson: "application/x-ndjson",
  parquet: "application/vnd.apache.parquet",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  tif: "image/tiff",
  tiff: "image/tiff",
  txt: "text/plain; charset=utf-8",
  wav: "audio/wav",
  webp: "image/webp",
  xml: "application/xml",
};

function contentTypeOf(file: string): string {
  const ending = path.extname(file).slice(1).toLowerCase();
  return (Object.hasOwn(CONTENT_TYPES, ending) && CONTENT_TYPES[ending]) || "application/octet-stream";
}

async function schemaOf(
  { schema }: Expectation,
  context: ExchangeContext,
): Promise<SerializableRecord | undefined> {
  if (schema === undefined || "inline" in schema) return schema?.inline;
  const content = await readTestFile(schema.file, context);
  return JSON.parse(new TextDecoder().decode(content)) as SerializableRecord;
}

/** What the key of the step knows of a file is what the test must read. */
async function readTestFile(
  file: string,
  { testFiles, step: { host, directory } }: ExchangeContext,
): Promise<Uint8Array> {
  const content = await host.files.readBytes(path.join(directory, file));
  if (digestOf(content) !== testFiles[file]) throw new InputChanged(file);
  return content;
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

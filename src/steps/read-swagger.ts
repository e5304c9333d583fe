import { parseAnswer } from "../expectations/parse-answer.ts";
import type { Service } from "../model/engine.ts";
import { type Host, NetworkError, type NetworkResponse } from "../model/host.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import type { TestFailure } from "../model/test-result.ts";
import { type CompareSwagger, prepareSwagger } from "./compare-swagger.ts";
import { beginningOf, failure, wordDifferences } from "./word-failure.ts";

/** Schemas are those of OpenAPI from this version on. */
const TARGET = "/swagger.json?version=3.1";

const TIMEOUT_MS = 60_000;
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_TOLD = 10;

/** How what a service says of itself is compared, or why it cannot be. */
export type Swagger = { readonly compare: CompareSwagger } | { readonly failures: readonly TestFailure[] };

/** Asks a service what it says of itself. It comes out of a container, and is believed in nothing. */
export async function readSwagger(service: Service, host: Host, signal: AbortSignal): Promise<Swagger> {
  const text = await ask(service, host, signal);
  if (typeof text !== "string") return text;
  const parsed = parseAnswer(text, `\`${TARGET}\``);
  if ("reason" in parsed) return refuse(failure(parsed.reason, beginningOf(text)));
  const other = otherVersionOf(parsed.value);
  if (other !== undefined)
    return refuse(failure(`\`${TARGET}\` is written in ${other}, and only OpenAPI 3.1 can be compared with`));
  const { findOpenApiFaults } = await import("../expectations/find-openapi-faults.ts");
  const verdict = findOpenApiFaults(parsed.value);
  if (typeof verdict === "string") return refuse(failure(`\`${TARGET}\` takes too long to read`));
  const { faults } = verdict;
  if (faults.length === 0) return { compare: prepareSwagger(parsed.value as SerializableRecord) };
  return refuse(
    ...wordDifferences(
      { first: faults.slice(0, MOST_TOLD), count: faults.length },
      `\`${TARGET}\` is no valid OpenAPI 3.1: `,
    ),
  );
}

async function ask({ hostPort }: Service, host: Host, signal: AbortSignal): Promise<string | Swagger> {
  const url = `http://127.0.0.1:${hostPort}${TARGET}`;
  try {
    const limits = { timeoutMs: TIMEOUT_MS, stallTimeoutMs: TIMEOUT_MS };
    const response = await host.network.request({ url, signal, ...limits });
    const text = await readText(response);
    if (text === undefined) return refuse(failure(`\`${TARGET}\` has more than ${MOST_BYTES} bytes`));
    if (response.status === 200) return text;
    return refuse(
      failure(`\`${TARGET}\` is not there: the service answers ${response.status}`, beginningOf(text)),
    );
  } catch (error) {
    if (!(error instanceof NetworkError) || signal.aborted) throw error;
    return refuse(failure(`the service did not answer \`${TARGET}\`: ${error.message}`));
  }
}

async function readText(response: NetworkResponse): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= MOST_BYTES) continue;
    response.discard();
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What a document says that it is, where that is something else. */
function otherVersionOf(value: Serializable): string | undefined {
  const { swagger, openapi } = (value ?? {}) as SerializableRecord;
  if (typeof swagger === "string") return `Swagger ${swagger.slice(0, 20)}`;
  return typeof openapi === "string" && !openapi.startsWith("3.1.")
    ? `OpenAPI ${openapi.slice(0, 20)}`
    : undefined;
}

function refuse(...failures: readonly TestFailure[]): { readonly failures: readonly TestFailure[] } {
  return { failures };
}

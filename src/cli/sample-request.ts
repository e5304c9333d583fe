import path from "node:path";
import type { Config, RequestConfig } from "../model/config.ts";
import type { Files } from "../model/host.ts";
import type { Serializable } from "../model/serializable.ts";

/** A request that shows what the service is sent, and where it was found. */
export type SampleRequest = {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly sample: string;
};

const SAMPLE_FILE = "sample-request.json";

/** More than this is no sample. */
const MOST_BYTES = 64 << 10;

/** The request of the first test that scores, else the sample that lies beside the file or the code. */
export async function findSampleRequest(config: Config, files: Files): Promise<SampleRequest | undefined> {
  for (const { name, exchanges } of config.tests) {
    // One that is to be refused shows nobody how it is done.
    const answered = exchanges.find(({ request, expect }) => isScoring(request) && expect.status < 400);
    const found = answered && (await sampleOf(answered.request, name, config.directory, files));
    if (found !== undefined && found.body.length <= MOST_BYTES) return found;
  }
  for (const folder of new Set([".", config.inference.sourceDirectory ?? "."])) {
    const place = path.join(config.directory, folder, SAMPLE_FILE);
    const status = await files.status(place);
    if (status?.type === "file" && status.size <= MOST_BYTES) {
      const sample = path.posix.join(folder, SAMPLE_FILE);
      return { body: await files.readBytes(place), contentType: "application/json", sample };
    }
  }
  return undefined;
}

/** One that is made up, of an example that fits, or of nothing. */
export function makeSampleRequest(example: Serializable | undefined): SampleRequest {
  const sample =
    example === undefined ? "an empty request: put your own in its place" : "an example that fits";
  const body = Buffer.from(JSON.stringify(example ?? {}));
  return { body, contentType: "application/json", sample };
}

function isScoring({ method, path: target }: RequestConfig): boolean {
  return method === "POST" && target.split("?")[0] === "/score";
}

async function sampleOf(
  request: RequestConfig,
  test: string,
  directory: string,
  files: Files,
): Promise<SampleRequest | undefined> {
  const { headers, body, bodyFile } = request;
  const content =
    bodyFile === undefined ? contentOf(body) : await files.readBytes(path.join(directory, bodyFile));
  if (content === undefined) return undefined;
  const written = Object.entries(headers).find(([header]) => header.toLowerCase() === "content-type")?.[1];
  const contentType = written ?? typeOf(request);
  return { body: content, contentType, sample: `the request of the test ${test}` };
}

function contentOf(body: Serializable | undefined): Uint8Array | undefined {
  if (body === undefined) return undefined;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

function typeOf({ body, bodyFile }: RequestConfig): string {
  if (bodyFile !== undefined)
    return bodyFile.endsWith(".json") ? "application/json" : "application/octet-stream";
  return typeof body === "string" ? "text/plain; charset=utf-8" : "application/json";
}

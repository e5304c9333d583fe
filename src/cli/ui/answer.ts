import { type Network, NetworkError } from "../../model/host.ts";
import type { LocalRequest, LocalResponse } from "../../model/local-server.ts";
import { type PageAssets, renderPage } from "../../page/render-page.tsx";
import type { Live } from "./live-run.ts";

/** More is no request that anybody types. */
const MOST_REQUEST_BYTES = 64 << 20;
const MOST_ANSWER_BYTES = 16 << 20;

/** As long as the service itself gives a call. */
const MOST_WAITING_MS = 3_600_000;

type Served = {
  readonly live: Live;
  readonly assets: PageAssets;
  /** A body that the service understands, if one is known. */
  readonly sampleRequest?: string | undefined;
  readonly network: Network;
  /** Fires when the program ends. */
  readonly signal: AbortSignal;
};

/** What the server of `mlpackage ui` says: the page, its events, and what the service answers to a score. */
export async function answer(request: LocalRequest, served: Served): Promise<LocalResponse> {
  const { method, path } = request;
  if (path === "/" && method === "GET") return page(served);
  if (path === "/events" && method === "GET") return events(request, served);
  if (path === "/score" && method === "POST") return score(request, served);
  const status = ["/", "/events", "/score"].includes(path) ? 405 : 404;
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body: `${status}\n` };
}

async function page({ live, assets, sampleRequest }: Served): Promise<LocalResponse> {
  const { report, service } = await live.current();
  const body = renderPage(report, assets, { service, ...(sampleRequest !== undefined && { sampleRequest }) });
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body };
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
function events({ signal }: LocalRequest, { live, ...served }: Served): LocalResponse {
  const either = AbortSignal.any([signal, served.signal]);
  async function* messages() {
    yield "retry: 1000\n\n";
    for await (const { report, service } of live.changes(either))
      yield `event: service\ndata: ${JSON.stringify(service)}\n\ndata: ${JSON.stringify(report)}\n\n`;
  }
  return { status: 200, headers: { "content-type": "text/event-stream" }, body: messages() };
}

/** Hands a request on to the service, and its answer back; a page of another port could not ask it itself. */
async function score(request: LocalRequest, { live, network, signal }: Served): Promise<LocalResponse> {
  const service = live.service();
  const headers = { "content-type": "text/plain; charset=utf-8" };
  if (service.state !== "ready") return { status: 503, headers, body: "the service does not run yet\n" };
  try {
    const response = await network.request({
      url: `${service.url}/score`,
      method: "POST",
      headers: { "content-type": request.headers["content-type"] ?? "application/json" },
      body: await request.readBody(MOST_REQUEST_BYTES),
      signal: AbortSignal.any([signal, request.signal]),
      timeoutMs: MOST_WAITING_MS,
      stallTimeoutMs: MOST_WAITING_MS,
    });
    const type = response.headers["content-type"] ?? "application/octet-stream";
    // What a model answers may be a page: here it is text, and runs nothing.
    const shown = /^application\/json\b/i.test(type) ? type : "text/plain; charset=utf-8";
    return { status: response.status, headers: { "content-type": shown }, body: await readAnswer(response) };
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    const body = `the service does not answer: ${error.message}; \`mlpackage logs\` may say why\n`;
    return { status: 502, headers, body };
  }
}

async function readAnswer({ body, discard }: Awaited<ReturnType<Network["request"]>>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) {
      discard();
      return Buffer.from(`the answer is longer than ${MOST_ANSWER_BYTES} bytes\n`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

import { type IncomingMessage, type ServerResponse, request as send } from "node:http";
import type { Asked } from "../../sources/rows/row.ts";
import { startService } from "./service.ts";

/** What is done to an answer. */
export type Fault =
  /** The connection ends after this share of the body, from 0 to 1. */
  | { readonly kind: "cut"; readonly share: number }
  /** So many bytes more or fewer, with a length that says so. */
  | { readonly kind: "length"; readonly by: number }
  /** One byte in the middle is another. */
  | { readonly kind: "bytes" }
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Nothing is answered. */
  | { readonly kind: "hang" }
  /** Sent on to another host, there with the same path. */
  | { readonly kind: "redirect"; readonly to: string };

/** Stands before a server and does to its answers what `faultFor` says; it is asked of each request. */
export async function startFaultyProxy(target: string, faultFor: (asked: Asked) => Fault | undefined) {
  const asked: Asked[] = [];
  const service = await startService(async (request, response) => {
    const { method = "GET", url = "/", headers } = request;
    asked.push({ method, url, headers });
    const fault = faultFor({ method, url, headers });
    if (fault?.kind === "hang") return;
    if (fault?.kind === "status") return void response.writeHead(fault.status, fault.headers).end();
    if (fault?.kind === "redirect")
      return void response.writeHead(302, { location: `${fault.to}${url}` }).end();
    await forward(target, request, response, fault);
  });
  return { ...service, asked: asked as readonly Asked[] };
}

async function forward(
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  const { status, headers, body } = await ask(target, request);
  if (fault === undefined || body.length === 0) {
    response.writeHead(status, headers).end(body);
  } else if (fault.kind === "cut") {
    response.writeHead(status, headers);
    const part = body.subarray(0, Math.floor(body.length * fault.share));
    // A client drops what it has received and not read when the connection ends: it gets time to read.
    response.write(part, () => setTimeout(() => response.destroy(), 20));
    if (part.length === 0) response.flushHeaders();
  } else {
    const changed = change(body, fault);
    const { "transfer-encoding": _chunked, ...rest } = headers;
    response.writeHead(status, { ...rest, "content-length": String(changed.length) }).end(changed);
  }
}

function change(body: Buffer, fault: Fault): Buffer {
  if (fault.kind === "length")
    return fault.by < 0 ? body.subarray(0, fault.by) : Buffer.concat([body, Buffer.alloc(fault.by)]);
  const changed = Buffer.from(body);
  const middle = Math.floor(changed.length / 2);
  changed[middle] = (changed[middle] ?? 0) ^ 1;
  return changed;
}

type Answered = {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
};

/** The request as it came, with its own `Host`: signatures are made of it. */
function ask(target: string, request: IncomingMessage): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { method, headers } = request;
    const outgoing = send(new URL(request.url ?? "/", target), { method, headers, agent: false });
    outgoing.on("error", reject).on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("error", reject)
        .on("end", () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks),
          }),
        );
    });
    request.pipe(outgoing);
  });
}

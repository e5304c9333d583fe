import type { Host, NetworkResponse } from "../model/host.ts";

/** An answer of the engine that is an error: its status and its own words. */
export class DockerApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "DockerApiError";
    this.status = status;
  }
}

export type ApiRequest = {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** A tar, sent as it comes. */
  readonly content?: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly stallTimeoutMs?: number;
};

/**
 * The Docker Engine API over its socket: a few milliseconds a call, where the docker client takes fifty.
 * Rejects with `DockerApiError` for an error the engine tells, with `NetworkError` where there is no engine.
 */
export type DockerApi = {
  readonly endpoint: string;
  /** The response, its status below 400; its body must be read, or its connection keeps the process alive. */
  open(path: string, request?: ApiRequest): Promise<NetworkResponse>;
  json<T>(path: string, request?: ApiRequest): Promise<T>;
  /** As `json`, but undefined for 404. */
  find<T>(path: string, request?: ApiRequest): Promise<T | undefined>;
  /** The messages of a long act, one JSON object a line. */
  messages<T>(path: string, request?: ApiRequest): AsyncIterable<T>;
};

/** An engine that works for a minute in silence (unpacking a layer) is still at work. */
const SILENCE_MS = 15 * 60_000;

export function createDockerApi(endpoint: string, host: Host): DockerApi {
  const target = targetOf(endpoint);

  async function open(path: string, request: ApiRequest = {}): Promise<NetworkResponse> {
    const body = request.body === undefined ? request.content : JSON.stringify(request.body);
    const contentType = request.body === undefined ? "application/x-tar" : "application/json";
    const response = await host.network.request({
      url: `${target.origin}${path}${queryOf(request.query)}`,
      ...(target.socketPath !== undefined && { socketPath: target.socketPath }),
      method: request.method ?? "GET",
      headers: { ...request.headers, ...(body !== undefined && { "content-type": contentType }) },
      ...(body !== undefined && { body }),
      ...(request.signal !== undefined && { signal: request.signal }),
      timeoutMs: request.timeoutMs ?? SILENCE_MS,
      stallTimeoutMs: request.stallTimeoutMs ?? SILENCE_MS,
    });
    if (response.status >= 400) throw new DockerApiError(response.status, messageOf(await response.text()));
    return response;
  }

  async function json<T>(path: string, request?: ApiRequest): Promise<T> {
    const text = await (await open(path, request)).text();
    return (text === "" ? undefined : parseAnswer(text)) as T;
  }

  async function find<T>(path: string, request?: ApiRequest): Promise<T | undefined> {
    try {
      return await json<T>(path, request);
    } catch (error) {
      if (error instanceof DockerApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  async function* messages<T>(path: string, request?: ApiRequest): AsyncIterable<T> {
    const response = await open(path, request);
    const decoder = new TextDecoder();
    let pending = "";
    for await (const chunk of response.body) {
      const lines = (pending + decoder.decode(chunk, { stream: true })).split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") yield parseAnswer(line) as T;
    }
    if (pending.trim() !== "") yield parseAnswer(pending) as T;
  }

  return { endpoint, open, json, find, messages };
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DockerApiError(200, "the server there is not a Docker engine");
  }
}

function targetOf(endpoint: string): { readonly origin: string; readonly socketPath?: string } {
  if (endpoint.startsWith("unix://"))
    return { origin: "http://docker", socketPath: endpoint.slice("unix://".length) };
  if (endpoint.startsWith("npipe://"))
    return { origin: "http://docker", socketPath: endpoint.slice("npipe://".length) };
  return { origin: endpoint.replace(/^tcp:/, "http:") };
}

/** Whether we can speak to an endpoint ourselves; `ssh://` needs the docker client between. */
export function isSupportedEndpoint(endpoint: string): boolean {
  return /^(unix|npipe|tcp|http):\/\//.test(endpoint);
}

function queryOf(query: ApiRequest["query"]): string {
  if (query === undefined) return "";
  const parameters = Object.entries(query).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((one): [string, string] => [name, one]),
  );
  return `?${new URLSearchParams(parameters)}`;
}

function messageOf(body: string): string {
  try {
    return (JSON.parse(body) as { message: string }).message;
  } catch {
    return body.trim();
  }
}

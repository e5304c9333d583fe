import type { NetworkResponse } from "../model/host.ts";
import { RegistryError } from "../model/registry.ts";
import { readAnswer } from "./read-answer.ts";

/** What a registry answers now, and may not answer in a moment. */
const PASSING: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** What a registry said no with, and what a machine reads of it. */
export class Refusal extends RegistryError {
  /** As in the distribution specification, "Error codes": `BLOB_UPLOAD_UNKNOWN`; empty where there is none. */
  readonly code: string;
  /** Its `Retry-After`, where it may do better then: seconds or a date; empty where there is none. */
  readonly retryAfter: string;
  constructor(status: number, message: string, { code = "", retryAfter = "" } = {}) {
    super(status, message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Whether the registry may answer something else if it is asked again. */
export function isPassing(error: unknown): error is RegistryError {
  return error instanceof RegistryError && PASSING.has(error.status);
}

/** A refusal in words of ours. */
export function wordRefusal({ status, headers }: NetworkResponse, message: string, code = ""): Refusal {
  return new Refusal(status, message, { code, retryAfter: headers["retry-after"] ?? "" });
}

/** What an answer refuses, in the registry's words where it has some. */
export async function refusalOf(response: NetworkResponse): Promise<Refusal> {
  const { code, message } = wordsIn(await readAnswer(response).catch(() => ""));
  const said = message === undefined ? "" : `: ${message}`;
  return wordRefusal(response, `it answers ${response.status}${said}`, code);
}

/** Reads an answer to its end, so that its connection can be used again; any other status is a refusal. */
export async function expectStatus(status: number, response: NetworkResponse): Promise<void> {
  if (response.status !== status) throw await refusalOf(response);
  await readAnswer(response);
}

/** `{"errors": [{"code", "message"}]}` (distribution specification, "Error codes"). */
function wordsIn(text: string): { readonly code?: string; readonly message?: string } {
  try {
    const { errors } = JSON.parse(text) as { readonly errors?: readonly Record<string, unknown>[] };
    const { code, message } = errors?.[0] ?? {};
    return {
      ...(typeof code === "string" && { code }),
      ...(typeof message === "string" && { message: message.replace(/\s+/g, " ").slice(0, 200) }),
    };
  } catch {
    return {};
  }
}

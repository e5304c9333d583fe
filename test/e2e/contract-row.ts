import { type Request, type Service, send } from "./runtime-image.ts";

export type Ask = () => Promise<string>;

/** A line of the service's contract: what is asked for, and how it is asked. */
export type Row = readonly [line: string, asked: string | RegExp, ask: Ask];

/** An answer in one line: status, body, and the headers that are asked for. */
export const asks =
  (service: Service, request: Request, ...headers: readonly string[]): Ask =>
  async () => {
    const answer = await send(service, request);
    const found = headers.map((name) => `${name}=${answer.headers[name] ?? "-"}`);
    return [answer.status, ...found, answer.body].join(" ").trim();
  };

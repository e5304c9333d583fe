import path from "node:path";
import { errorDiagnostic } from "../../model/diagnostic.ts";
import { NetworkError, type NetworkRequest } from "../../model/host.ts";
import { failuresOfLoad } from "../../model/load.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { EXIT } from "../exit-code.ts";
import { findRunningService } from "../find-service.ts";
import { refuse } from "../refuse.ts";
import { scoringAddress } from "../scoring-address.ts";
import type { Session } from "../session.ts";

export type ScoreOptions = {
  readonly data: string | undefined;
  readonly contentType: string;
  readonly url: string | undefined;
  readonly repeat: number;
  readonly concurrency: number;
};

const MOST_WAITING_MS = 3_600_000;

/** Sends a request to the running service and prints the answer as it came, or of many how long they took. */
export async function score(session: Session, options: ScoreOptions): Promise<number> {
  const request = await prepare(session, options);
  if (!request.ok) return refuse(session, ...request.diagnostics);
  return options.repeat > 1
    ? sendMany(session, request.value, options)
    : sendOne(session, request.value, options);
}

async function prepare(session: Session, options: ScoreOptions): Promise<Result<NetworkRequest>> {
  if (options.concurrency > 1 && options.repeat === 1) return fail(wordNothingAtOnce());
  const url = options.url === undefined ? await findAddress(session) : succeed(scoringAddress(options.url));
  if (!url.ok) return url;
  const body = await readData(session, options.data);
  if (!body.ok) return body;
  return succeed({
    url: url.value,
    method: "POST",
    headers: { "content-type": options.contentType },
    body: body.value,
    signal: session.signal,
    timeoutMs: MOST_WAITING_MS,
    stallTimeoutMs: MOST_WAITING_MS,
  });
}

async function sendOne(session: Session, request: NetworkRequest, { url }: ScoreOptions): Promise<number> {
  try {
    const response = await session.host.network.request(request);
    const text = await response.text();
    session.writeData(text.endsWith("\n") ? text : `${text}\n`);
    if (response.status < 400) return EXIT.done;
    session.terminal.write(`the service answered ${response.status}${hintOf(url)}\n`);
    return EXIT.stepFailed;
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return refuse(
      session,
      errorDiagnostic("cli/no-answer", `${request.url} does not answer: ${error.message}`, {
        hint: "type `mlpackage run -d` to start the service, or correct `--url`",
      }),
    );
  }
}

/** What has run by then is told of a load that is interrupted, too. */
async function sendMany(
  session: Session,
  request: NetworkRequest,
  { repeat, concurrency, url }: ScoreOptions,
): Promise<number> {
  const { host, options, signal } = session;
  const [{ measureLoad }, { loadToJson, loadToText }] = await Promise.all([
    import("../measure-load.ts"),
    import("../../report/load-report.ts"),
  ]);
  const load = await measureLoad(host, { request, repeat, concurrency, signal });
  session.writeData(options.json ? `${JSON.stringify(loadToJson(load))}\n` : loadToText(load));
  if (!load.isWhole) return EXIT.interrupted;
  const failed = failuresOfLoad(load);
  if (failed === 0) return EXIT.done;
  session.terminal.write(`${failed} of ${repeat} requests failed${hintOf(url)}\n`);
  return EXIT.stepFailed;
}

/** Only of the service that runs here there is a log to look at. */
function hintOf(url: string | undefined): string {
  return url === undefined ? "; `mlpackage logs` may say why" : "";
}

async function findAddress(session: Session): Promise<Result<string>> {
  const service = await findRunningService(session);
  return service.ok ? succeed(`http://127.0.0.1:${service.value.hostPort}/score`) : service;
}

/** The text itself, `@file` for a file's content, `-` or nothing for standard input. */
async function readData(session: Session, data: string | undefined): Promise<Result<string | Uint8Array>> {
  if (data === "-") return succeed(await session.readInput());
  if (data === undefined) {
    const input = await session.readInput();
    return input.length === 0 ? fail(wordNoBody()) : succeed(input);
  }
  if (!data.startsWith("@")) return succeed(data);
  const file = path.resolve(session.workingDirectory, data.slice(1));
  if ((await session.host.files.status(file))?.type === "file")
    return succeed(await session.host.files.readBytes(file));
  return fail(
    errorDiagnostic("cli/no-data", `there is no file \`${data.slice(1)}\``, {
      hint: "correct the path after the `@`, or write the request itself: `--data '{...}'`",
    }),
  );
}

function wordNoBody() {
  return errorDiagnostic("cli/no-data", "there is no request to send, and nothing on standard input", {
    hint: "add it: `--data '{\"data\": [[1, 2, 3]]}'`, or `--data @FILE`",
  });
}

function wordNothingAtOnce() {
  return errorDiagnostic("cli/nothing-at-once", "`--concurrency` needs more than one request", {
    hint: "add `--repeat`, as in `--repeat 1000 --concurrency 8`",
  });
}

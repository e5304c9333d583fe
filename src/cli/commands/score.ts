import path from "node:path";
import { errorDiagnostic } from "../../model/diagnostic.ts";
import { NetworkError } from "../../model/host.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { EXIT } from "../exit-code.ts";
import { findService } from "../find-service.ts";
import { refuse } from "../refuse.ts";
import type { Session } from "../session.ts";

export type ScoreOptions = { readonly data: string | undefined; readonly url: string | undefined };

/** Sends one request to the running service and prints the answer as it came. */
export async function score(session: Session, options: ScoreOptions): Promise<number> {
  const asked = await ask(session, options);
  if (!asked.ok) return refuse(session, ...asked.diagnostics);
  const { status, text } = asked.value;
  session.writeData(text.endsWith("\n") ? text : `${text}\n`);
  if (status < 400) return EXIT.done;
  session.terminal.write(`the service answered ${status}; \`mlpackage logs\` may say why\n`);
  return EXIT.stepFailed;
}

async function ask(
  session: Session,
  { data, url }: ScoreOptions,
): Promise<Result<{ readonly status: number; readonly text: string }>> {
  const body = await readData(session, data);
  if (!body.ok) return body;
  const target = url === undefined ? await findAddress(session) : succeed(url);
  if (!target.ok) return target;
  try {
    const response = await session.host.network.request({
      url: target.value,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: body.value,
      signal: session.signal,
      timeoutMs: 3_600_000,
    });
    return succeed({ status: response.status, text: await response.text() });
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return fail(errorDiagnostic("cli/no-answer", `${target.value} does not answer: ${error.message}`));
  }
}

async function findAddress(session: Session): Promise<Result<string>> {
  const service = await findService(session);
  return service.ok ? succeed(`http://127.0.0.1:${service.value.hostPort}/score`) : service;
}

/** The text itself, `@file` for a file's content, `-` or nothing for standard input. */
async function readData(session: Session, data: string | undefined): Promise<Result<string | Uint8Array>> {
  if (data === undefined || data === "-") return succeed(await session.readInput());
  if (!data.startsWith("@")) return succeed(data);
  const file = path.resolve(session.workingDirectory, data.slice(1));
  if ((await session.host.files.status(file))?.type === "file")
    return succeed(await session.host.files.readBytes(file));
  return fail(errorDiagnostic("cli/no-data", `there is no file \`${data.slice(1)}\``));
}

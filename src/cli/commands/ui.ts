import { errorDiagnostic } from "../../model/diagnostic.ts";
import { type LocalServer, PortTaken } from "../../model/local-server.ts";
import type { ApplyOptions } from "../apply-package.ts";
import { EXIT } from "../exit-code.ts";
import { refuse } from "../refuse.ts";
import { readPageAssets } from "../report-file.ts";
import { findSampleRequest } from "../sample-request.ts";
import { type Session, tell } from "../session.ts";
import { answer } from "../ui/answer.ts";
import { createLive, type Live } from "../ui/live-run.ts";
import { serveScores, untilInterrupted } from "../ui/serve-scores.ts";
import { apply } from "./apply.ts";

export type UiOptions = ApplyOptions & {
  /** Of the page; 0 lets the kernel choose. */
  readonly port: number;
};

/** Does what `apply` does with a page beside it, then runs the service for the page to ask, until it is interrupted. */
export async function ui(session: Session, { port, ...options }: UiOptions): Promise<number> {
  const { host, signal } = session;
  const assets = await readPageAssets(session);
  let live: Live | undefined;
  let sampleRequest: string | undefined;
  const server = await open(port, session, async (request) => {
    if (live === undefined) return wordNotYet();
    return answer(request, { live, assets, sampleRequest, network: host.network, signal });
  });
  if (server === undefined) return refuse(session, wordPort(port));
  try {
    const code = await apply(session, {
      ...options,
      onRecord: async (record, { opened: { config } }) => {
        const sample = await findSampleRequest(config, host.files);
        sampleRequest = sample && new TextDecoder().decode(sample.body);
        const shown = createLive(record, host.clock);
        live = shown;
        if (session.options.json) session.writeData(`${JSON.stringify({ address: server.address })}\n`);
        else tell(session, `the run is shown at ${server.address}`);
        return { handle: shown.change, close: shown.change };
      },
    });
    // Where nothing ran there is nothing to look at.
    if (live === undefined || signal.aborted) return code;
    if (code === EXIT.done) await serveScores(session, live);
    else {
      tell(session, "the page stays until you press Ctrl-C");
      await untilInterrupted(signal);
    }
    return code;
  } finally {
    await server.close();
  }
}

async function open(
  port: number,
  { host }: Session,
  respond: Parameters<Session["host"]["serveLocally"]>[1],
): Promise<LocalServer | undefined> {
  try {
    return await host.serveLocally(port, respond);
  } catch (error) {
    if (!(error instanceof PortTaken)) throw error;
    return undefined;
  }
}

function wordNotYet() {
  const headers = { "content-type": "text/plain; charset=utf-8", refresh: "1" };
  return { status: 503, headers, body: "the run has not begun yet\n" };
}

function wordPort(port: number) {
  return errorDiagnostic("cli/port-taken", `port ${port} of 127.0.0.1 cannot be had`, {
    hint: "name another with `--port`, or leave it out: then one that is free is taken",
  });
}

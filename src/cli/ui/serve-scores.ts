import type { Config } from "../../model/config.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Service } from "../../model/engine.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { renderDiagnostics } from "../../report/diagnostic-text.ts";
import { waitUntilReady } from "../../steps/wait-until-ready.ts";
import { type LastRun, openLastRun } from "../last-run.ts";
import { reportDiagnostics, type Session, tell } from "../session.ts";
import { findRunning, startService } from "../start-service.ts";
import type { Live } from "./live-run.ts";

/** So much of a container's log says why it does not get ready. */
const LOG_LINES = 20;

/** Runs the service for a page to ask until the program is interrupted; one that runs already is asked, and left alone. */
export async function serveScores(session: Session, live: Live): Promise<void> {
  live.setService({ state: "starting" });
  const last = await openLastRun(session);
  if (!last.ok) return tellFailure(session, live, last.diagnostics);
  const running = await findRunning(last.value);
  const started =
    running === undefined ? await startService(last.value, session, { hostPort: 0 }) : succeed(running);
  if (!started.ok) return tellFailure(session, live, started.diagnostics);
  try {
    await serveUntilInterrupted(started.value, last.value, session, live);
  } finally {
    if (running === undefined) await started.value.remove();
  }
}

async function serveUntilInterrupted(
  service: Service,
  { opened: { config } }: LastRun,
  session: Session,
  live: Live,
): Promise<void> {
  const ready = await waitForAnswer(service, config, session);
  if (!ready.ok) {
    if (!session.signal.aborted) await tellFailure(session, live, ready.diagnostics);
    return;
  }
  const url = `http://127.0.0.1:${service.hostPort}`;
  live.setService({ state: "ready", url });
  tell(session, `the service is ready on ${url}; Ctrl-C ends it`);
  await untilInterrupted(session.signal);
}

async function waitForAnswer(
  service: Service,
  { inference }: Config,
  { host, signal }: Session,
): Promise<Result<unknown>> {
  const ready = await waitUntilReady(service, inference.kind === "script" ? "/readyz" : "", host, signal);
  if (ready.ok) return ready;
  const excerpt = await service.logTail(LOG_LINES);
  return fail(...ready.diagnostics.map((diagnostic) => ({ ...diagnostic, excerpt })));
}

/** The page stays, with the reason. */
async function tellFailure(session: Session, live: Live, diagnostics: readonly Diagnostic[]): Promise<void> {
  reportDiagnostics(session, diagnostics);
  live.setService({ state: "failed", reason: renderDiagnostics(diagnostics, { color: false }) });
  await untilInterrupted(session.signal);
}

export function untilInterrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

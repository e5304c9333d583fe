import { errorDiagnostic } from "../../model/diagnostic.ts";
import type { Service } from "../../model/engine.ts";
import { fail, type Result } from "../../model/result.ts";
import { waitUntilReady } from "../../steps/wait-until-ready.ts";
import { EXIT } from "../exit-code.ts";
import { findBuiltImage, type LastRun, openLastRun, serviceLabels } from "../last-run.ts";
import { refuse } from "../refuse.ts";
import { type Session, tell } from "../session.ts";

export type ServeOptions = { readonly port: number; readonly detach: boolean };

/** Starts the image that `apply` built, waits until it is ready, and shows its log until it ends or is interrupted. */
export async function run(session: Session, options: ServeOptions): Promise<number> {
  const started = await startService(session, options);
  if (!started.ok) return refuse(session, ...started.diagnostics);
  const service = started.value;
  const address = `http://127.0.0.1:${service.hostPort}`;
  if (session.options.json) session.writeData(`${JSON.stringify({ address, container: service.id })}\n`);
  else tell(session, `ready on ${address}`);
  if (options.detach) return EXIT.done;
  try {
    await service.follow(session.writeData, session.signal);
    return session.signal.aborted ? EXIT.interrupted : (await service.state()).exitCode;
  } finally {
    await service.remove();
  }
}

async function startService(session: Session, { port, detach }: ServeOptions): Promise<Result<Service>> {
  const last = await openLastRun(session);
  if (!last.ok) return last;
  const image = await findBuiltImage(last.value);
  if (!image.ok) return image;
  const running = await findRunning(last.value);
  if (running !== undefined) return fail(wordAlreadyRunning(running));
  const { engine, opened } = last.value;
  const { inference } = opened.config;
  const started = await engine.start({
    image: image.value,
    port: inference.port,
    hostPort: port,
    labels: serviceLabels(last.value),
    signal: session.signal,
  });
  if (!started.ok) return started;
  return waitOrRemove(started.value, inference.kind === "script" ? "/readyz" : "", session, detach);
}

async function waitOrRemove(
  service: Service,
  readiness: string,
  session: Session,
  detach: boolean,
): Promise<Result<Service>> {
  let isReady = false;
  try {
    const ready = await waitUntilReady(service, readiness, session.host, session.signal);
    if (!ready.ok) {
      const excerpt = await service.logTail(20);
      return fail(...ready.diagnostics.map((diagnostic) => ({ ...diagnostic, excerpt })));
    }
    isReady = true;
    return { ok: true, value: service, warnings: [] };
  } finally {
    if (!isReady || (session.signal.aborted && !detach)) await service.remove();
  }
}

/** One that ended by itself is cleared away: only its log was of use. */
async function findRunning(last: LastRun): Promise<Service | undefined> {
  for (const service of await last.engine.findServices(serviceLabels(last))) {
    if ((await service.state()).running) return service;
    await service.remove();
  }
  return undefined;
}

function wordAlreadyRunning({ hostPort }: Service) {
  return errorDiagnostic("cli/already-running", `the service runs already, on port ${hostPort}`, {
    hint: "`mlpackage stop` ends it",
  });
}

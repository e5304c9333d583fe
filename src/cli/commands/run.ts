import { errorDiagnostic } from "../../model/diagnostic.ts";
import type { Service } from "../../model/engine.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { waitUntilReady } from "../../steps/wait-until-ready.ts";
import { EXIT } from "../exit-code.ts";
import { openLastRun } from "../last-run.ts";
import { refuse } from "../refuse.ts";
import type { Session } from "../session.ts";
import { exitCodeOfService, startService, tellAddress } from "../start-service.ts";

export type ServeOptions = { readonly port: number; readonly detach: boolean; readonly watch: boolean };

/** Starts the image that `apply` built, waits until it is ready, and shows its log until it ends or is interrupted. */
export async function run(session: Session, options: ServeOptions): Promise<number> {
  if (options.watch && options.detach) return refuse(session, wordDetachedWatch());
  if (options.watch) return (await import("../watch/run-watched.ts")).runWatched(session, options.port);
  const started = await startReady(session, options);
  if (!started.ok) return refuse(session, ...started.diagnostics);
  const service = started.value;
  tellAddress(session, service);
  if (options.detach) return EXIT.done;
  try {
    await service.follow(session.writeData, session.signal);
    return session.signal.aborted ? EXIT.interrupted : exitCodeOfService(service);
  } finally {
    await service.remove();
  }
}

async function startReady(session: Session, { port, detach }: ServeOptions): Promise<Result<Service>> {
  const last = await openLastRun(session);
  if (!last.ok) return last;
  const started = await startService(last.value, session, { hostPort: port });
  if (!started.ok) return started;
  const { inference } = last.value.opened.config;
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
    return succeed(service);
  } finally {
    if (!isReady || (session.signal.aborted && !detach)) await service.remove();
  }
}

function wordDetachedWatch() {
  return errorDiagnostic("cli/detached-watch", "`--watch` cannot be used with `--detach`", {
    hint: "remove `--detach`: `--watch` keeps running until Ctrl-C",
  });
}

import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Service, ServiceRequest } from "../model/engine.ts";
import { fail, type Result } from "../model/result.ts";
import { TEST } from "../plan/step-ids.ts";
import { EXIT } from "./exit-code.ts";
import { findBuiltImage, type LastRun, serviceLabels } from "./last-run.ts";
import { type Session, tell } from "./session.ts";

export type StartOptions = Pick<ServiceRequest, "hostPort" | "variables" | "replaced">;

/** Starts the image that `apply` built, of which only one runs at a time. It need not be ready yet. */
export async function startService(
  last: LastRun,
  session: Session,
  options: StartOptions,
): Promise<Result<Service>> {
  const image = await findBuiltImage(last);
  if (!image.ok) return image;
  const running = await findRunning(last);
  if (running !== undefined) return fail(wordAlreadyRunning(running));
  if (last.manifest.failed[TEST] !== undefined)
    tell(session, "the tests of this image failed, or did not run to the end: `mlpackage apply` says why");
  return last.engine.start({
    ...options,
    image: image.value,
    port: last.opened.config.inference.port,
    labels: serviceLabels(last),
    signal: session.signal,
  });
}

export function tellAddress(session: Session, { id, hostPort }: Service): void {
  const address = `http://127.0.0.1:${hostPort}`;
  if (session.options.json) session.writeData(`${JSON.stringify({ address, container: id })}\n`);
  else tell(session, `ready on ${address}`);
}

/** What the program ends with that has shown a service to its end; one that somebody stopped has done its work. */
export async function exitCodeOfService(service: Service): Promise<number> {
  const { exitCode } = await service.state();
  return exitCode < 0 ? EXIT.done : exitCode;
}

/** One that ended by itself is cleared away: only its log was of use. */
export async function findRunning(last: LastRun): Promise<Service | undefined> {
  for (const service of await last.engine.findServices(serviceLabels(last))) {
    if ((await service.state()).running) return service;
    await service.remove();
  }
  return undefined;
}

function wordAlreadyRunning({ hostPort }: Service) {
  return errorDiagnostic("cli/already-running", `the service is already running, on port ${hostPort}`, {
    hint: "type `mlpackage stop` to end it",
  });
}

import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Service } from "../model/engine.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { type LastRun, openLastRun, serviceLabels } from "./last-run.ts";
import type { Session } from "./session.ts";

/** The containers that `run` started for this package, the latest first: one, unless two runs began at once. */
export async function findServices(session: Session): Promise<Result<readonly [Service, ...Service[]]>> {
  const last = await openLastRun(session);
  if (!last.ok) return last;
  const [service, ...others] = await last.value.engine.findServices(serviceLabels(last.value));
  return service === undefined ? fail(wordNoService(last.value)) : succeed([service, ...others]);
}

/** The one whose log is of interest: that which runs, or else which ended last. */
export async function findService(session: Session): Promise<Result<Service>> {
  const services = await findServices(session);
  if (!services.ok) return services;
  const [latest] = services.value;
  return succeed((await findRunning(services.value)) ?? latest);
}

/** The one that can be asked. */
export async function findRunningService(session: Session): Promise<Result<Service>> {
  const services = await findServices(session);
  if (!services.ok) return services;
  const running = await findRunning(services.value);
  if (running !== undefined) return succeed(running);
  const { exitCode } = await services.value[0].state();
  return fail(
    errorDiagnostic("cli/service-ended", `the service has ended, with exit code ${exitCode}`, {
      hint: "type `mlpackage logs` to see why, and `mlpackage run -d` to start it again",
    }),
  );
}

async function findRunning(services: readonly Service[]): Promise<Service | undefined> {
  for (const service of services) if ((await service.state()).running) return service;
  return undefined;
}

function wordNoService({ opened }: LastRun) {
  return errorDiagnostic("cli/not-running", `no service of \`${opened.config.name}\` is running`, {
    hint: "type `mlpackage run -d` to start it",
  });
}

import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Service } from "../model/engine.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { openLastRun, serviceLabels } from "./last-run.ts";
import type { Session } from "./session.ts";

/** The container that `run` started for this package. */
export async function findService(session: Session): Promise<Result<Service>> {
  const last = await openLastRun(session);
  if (!last.ok) return last;
  const [service] = await last.value.engine.findServices(serviceLabels(last.value));
  if (service !== undefined) return succeed(service);
  return fail(
    errorDiagnostic("cli/not-running", `no service of \`${last.value.opened.config.name}\` runs here`, {
      hint: "`mlpackage run -d` starts it",
    }),
  );
}

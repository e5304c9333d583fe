import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Service } from "../model/engine.ts";
import { type Host, NetworkError } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";

const POLL_MS = 50;

/** So much of a log has the last line of a traceback. */
const LOG_LINES = 20;

/** Loading a large model can take minutes; a service that is not ready by then never will be. */
const READY_WITHIN_MS = 10 * 60_000;

/**
 * Waits until a service answers its readiness path with 200, or, with no such path, answers at all.
 *
 * Errors: `service/exited` as soon as the container ends, `service/not-ready` when time is up.
 */
export async function waitUntilReady(
  service: Service,
  readiness: string,
  host: Host,
  signal: AbortSignal,
): Promise<Result<void>> {
  const deadline = host.clock.monotonic() + READY_WITHIN_MS;
  while (host.clock.monotonic() < deadline) {
    if (await isReady(service, readiness, host, signal)) return succeed(undefined);
    const { running, exitCode } = await service.state();
    if (!running) return fail(wordExit(exitCode, await service.logTail(LOG_LINES)));
    await host.clock.sleep(POLL_MS, signal);
  }
  const minutes = READY_WITHIN_MS / 60_000;
  return fail(
    errorDiagnostic("service/not-ready", `the service was not ready after ${minutes} minutes`, {
      hint: "make `init()` faster, and check that a server of your own listens on `inference.port`",
    }),
  );
}

async function isReady(
  service: Service,
  readiness: string,
  host: Host,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const url = `http://127.0.0.1:${service.hostPort}${readiness === "" ? "/" : readiness}`;
    const response = await host.network.request({ url, signal, timeoutMs: 5_000 });
    response.discard();
    return readiness === "" || response.status === 200;
  } catch (error) {
    if (error instanceof NetworkError && !signal.aborted) return false;
    throw error;
  }
}

function wordExit(exitCode: number, log: readonly string[]) {
  return errorDiagnostic(
    "service/exited",
    `the service ended with exit code ${exitCode} before it was ready`,
    {
      hint: hintOf(log) ?? hintOfCode(exitCode),
      details: { exitCode },
    },
  );
}

/** The two mistakes that nearly every first script makes. */
function hintOf(log: readonly string[]): string | undefined {
  const text = log.join("\n");
  const [, module] = /^ModuleNotFoundError: No module named '([\w.]+)'/m.exec(text) ?? [];
  if (module !== undefined)
    return `add the package that has \`${module}\` to \`environment.python.requirements\` or \`system_packages\`; if it is a file of yours, put it beside the script`;
  const [, file] = /^FileNotFoundError: .*: '([^/'][^']{0,200})'$/m.exec(text) ?? [];
  if (file !== undefined)
    return `models are in the folder that \`AZUREML_MODEL_DIR\` names: \`os.path.join(os.environ["AZUREML_MODEL_DIR"], "${file}")\``;
  return undefined;
}

/** 3 is how our server says that the script could not be loaded, and gunicorn that a worker could not boot. */
function hintOfCode(exitCode: number): string {
  switch (exitCode) {
    case 3:
      return "correct the entry script, which did not load: the last lines of its log say why";
    case 137:
      return "it was killed, most likely for lack of memory: give the engine more, or load less in `init()`";
    default:
      return "correct what the last lines of its log say";
  }
}

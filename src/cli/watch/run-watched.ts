import { EXIT } from "../exit-code.ts";
import { openLastRun } from "../last-run.ts";
import { refuse } from "../refuse.ts";
import { reportDiagnostics, type Session, tell } from "../session.ts";
import { exitCodeOfService, startService, tellAddress } from "../start-service.ts";
import { createBell } from "./bell.ts";
import { type Changes, watchChanges } from "./changes.ts";
import { openCodeFolder } from "./code-folder.ts";
import { createReloadLog, type ReloadState } from "./reload-log.ts";
import { createSynchronizer, type Reload } from "./synchronize.ts";

/** What is written beside code would be taken for it the next time: all files have one date there. */
const VARIABLES = { MLPACKAGE_RELOAD: "true", PYTHONDONTWRITEBYTECODE: "1" };

/** As `run`, with the code as it lies here: whenever that changes, the container is given it, and its server reloads. */
export async function runWatched(session: Session, hostPort: number): Promise<number> {
  const last = await openLastRun(session);
  if (!last.ok) return refuse(session, ...last.diagnostics);
  const folder = openCodeFolder(last.value, session);
  if (!folder.ok) return refuse(session, ...folder.diagnostics);
  const code = await folder.value.read();
  if (!code.ok) return refuse(session, ...code.diagnostics);
  const replaced = folder.value.archive(code.value, Object.keys(code.value.tree));
  const started = await startService(last.value, session, { hostPort, variables: VARIABLES, replaced });
  if (!started.ok) return refuse(session, ...started.diagnostics);
  const service = started.value;
  const bell = createBell();
  const log = createReloadLog(session.writeData, bell.ring);
  let hasEnded = false;
  const ended = service.follow(log.write, session.signal).finally(() => {
    hasEnded = true;
    log.end();
    bell.ring();
  });
  ended.catch(() => {});
  let changes: Changes | undefined;
  try {
    changes = await watchChanges(last.value.opened, code.value, session, bell.ring);
    const synchronizer = createSynchronizer(
      { session, service, folder: folder.value, log, hasEnded: () => hasEnded },
      code.value,
    );
    let reload: Reload | undefined = { number: 0, files: [], sinceMs: session.host.clock.monotonic() };
    let hasServed = false;
    while (!hasEnded) {
      const outcome: ReloadState | undefined = reload && log.outcome(reload.number);
      if (reload !== undefined && outcome !== undefined) {
        if (outcome === "failed") tell(session, wordFailure(reload, hasServed));
        else if (hasServed) tell(session, wordReload(reload, session.host.clock.monotonic()));
        if (outcome === "serving" && !hasServed) tellAddress(session, service);
        hasServed ||= outcome === "serving";
        reload = undefined;
      }
      const changed = await changes.take();
      if (changed === undefined) {
        await bell.heard();
        continue;
      }
      for (const name of changed.toRebuild) tell(session, wordRebuild(name));
      const next = await synchronizer.synchronize(changed.sinceMs);
      if (hasEnded) break;
      if (!next.ok) reportDiagnostics(session, next.diagnostics);
      else reload = next.value ?? reload;
    }
    await ended;
    return session.signal.aborted ? EXIT.interrupted : exitCodeOfService(service);
  } finally {
    await changes?.close();
    await service.remove();
  }
}

function wordReload({ files, sinceMs }: Reload, nowMs: number): string {
  return `${wordFiles(files)}: reloaded in ${((nowMs - sinceMs) / 1000).toFixed(2)} s`;
}

function wordFailure({ files }: Reload, hasServed: boolean): string {
  const meanwhile = hasServed ? "the previous code keeps serving" : "nothing answers until it is corrected";
  return `${files.length === 0 ? "the code" : wordFiles(files)} does not load: ${meanwhile}`;
}

function wordFiles(files: readonly string[]): string {
  const [first = "", second, ...others] = files;
  if (second === undefined) return first;
  return others.length === 0 ? `${first}, ${second}` : `${first} and ${others.length + 1} others`;
}

function wordRebuild(name: string): string {
  return `${name} changed, which needs a build: press Ctrl-C and type \`mlpackage apply && mlpackage run --watch\``;
}

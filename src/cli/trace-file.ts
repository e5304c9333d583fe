import { type Result, succeed } from "../model/result.ts";
import { silentReporter } from "../report/index.ts";
import { createTraceReporter, TRACE_BEGINNING } from "../report/trace.ts";
import { checkWrittenFile, resolveForSession } from "./check-written-file.ts";
import type { Package } from "./open-package.ts";
import type { Recording } from "./recording.ts";
import type { Session } from "./session.ts";

/** Whether a trace may be written where the call says; asked before anything runs. */
export async function checkTraceFile(
  session: Session,
  opened: Package,
  file: string | undefined,
): Promise<Result<unknown>> {
  return file === undefined ? succeed(undefined) : checkWrittenFile(session, opened, file, TRACE_BEGINNING);
}

/** Records a run for a file, if one is named; `save` writes it once the reporter is closed. */
export function recordTrace(session: Session, file: string | undefined): Recording {
  if (file === undefined) return { kind: "trace", reporter: silentReporter, save: async () => {} };
  let recorded = "";
  const reporter = createTraceReporter((text) => {
    recorded += text;
  });
  const place = resolveForSession(session, file);
  return { kind: "trace", reporter, save: () => session.host.files.writeAtomically(place, recorded) };
}

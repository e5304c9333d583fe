import { type Result, succeed } from "../model/result.ts";
import { JUNIT_BEGINNING, renderJunit } from "../report/junit.ts";
import { createTestRecorder, type TestRecorder } from "../report/test-recorder.ts";
import { checkWrittenFile, resolveForSession } from "./check-written-file.ts";
import type { Package } from "./open-package.ts";
import type { Recording } from "./recording.ts";
import type { Session } from "./session.ts";

/** Whether a JUnit report may be written where the call says; asked before anything runs. */
export async function checkJunitFile(
  session: Session,
  opened: Package,
  file: string | undefined,
): Promise<Result<unknown>> {
  return file === undefined ? succeed(undefined) : checkWrittenFile(session, opened, file, JUNIT_BEGINNING);
}

/** Records the tests of a run, for `--json`, and for a JUnit report if a file for it is named. */
export function recordTests(
  session: Session,
  { config }: Package,
  file: string | undefined,
): Recording & Pick<TestRecorder, "report"> {
  const { reporter, report } = createTestRecorder();
  const save = async (): Promise<void> => {
    if (file === undefined) return;
    const place = resolveForSession(session, file);
    await session.host.files.writeAtomically(place, renderJunit(config.name, report()));
  };
  return { reporter, report, save, kind: "junit" };
}

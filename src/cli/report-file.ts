import path from "node:path";
import { type Result, succeed } from "../model/result.ts";
import { PAGE_BEGINNING } from "../page/beginning.ts";
import type { PageAssets } from "../page/render-page.tsx";
import { checkWrittenFile, resolveForSession } from "./check-written-file.ts";
import type { Package } from "./open-package.ts";
import type { RunRecord } from "./record-run.ts";
import type { Session } from "./session.ts";

/** Whether a report may be written where the call says; asked before anything runs. */
export async function checkReportFile(
  session: Session,
  opened: Package,
  file: string | undefined,
): Promise<Result<unknown>> {
  return file === undefined ? succeed(undefined) : checkWrittenFile(session, opened, file, PAGE_BEGINNING);
}

/** What writes the page of a run once it has ended. */
export function writeReport(session: Session, { report }: Pick<RunRecord, "report">, file: string) {
  const place = resolveForSession(session, file);
  return async (): Promise<void> => {
    const { renderPage } = await import("../page/render-page.tsx");
    await session.host.files.writeAtomically(
      place,
      renderPage(await report(), await readPageAssets(session)),
    );
  };
}

/** What the page has with it: nothing is loaded from elsewhere. */
export async function readPageAssets({ host, pageDirectory }: Session): Promise<PageAssets> {
  const [script, style] = await Promise.all(
    ["page.js", "page.css"].map((name) => host.files.readText(path.join(pageDirectory, name))),
  );
  return { script: script ?? "", style: style ?? "" };
}

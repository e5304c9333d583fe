import { silentReporter } from "../report/index.ts";
import { renderJobSummary } from "../report/job-summary.ts";
import type { RunRecord } from "./record-run.ts";
import type { Recording } from "./recording.ts";
import { isGithub, type Session } from "./session.ts";

/** The file in which GitHub Actions gathers what the page of a job shows. */
export function jobSummaryPlace(session: Session): string | undefined {
  const { GITHUB_STEP_SUMMARY: place = "" } = session.host.environment;
  return isGithub(session) && place !== "" ? place : undefined;
}

/** Adds a run to the summary once it has ended; who records it is told of it elsewhere. */
export function summarizeJob(
  { host }: Session,
  { report }: Pick<RunRecord, "report">,
  place: string,
): Recording {
  return {
    kind: "summary",
    reporter: silentReporter,
    save: async () => host.files.append(place, renderJobSummary(await report())),
  };
}

import type { PagesOf } from "./page.ts";

export const summaryPages: PagesOf<"summary"> = {
  "summary/not-written": {
    title: "the summary of the job is not written",
    why: "The file that GitHub Actions names in `GITHUB_STEP_SUMMARY` cannot be written to. The run itself has ended; its outcome is what counts.",
    mend: "Look at what the runner sets `GITHUB_STEP_SUMMARY` to, and whether that folder is there in the container that the job runs in.",
  },
};

import type { PagesOf } from "./page.ts";

export const reportPages: PagesOf<"report"> = {
  "report/not-written": {
    title: "the page of the run is not written",
    why: "The disk is full, or the place cannot be written to. The run itself has ended; its outcome is what counts.",
    mend: "Make room, or name another place: `--report reports/mlpackage-report.html`.",
  },
};

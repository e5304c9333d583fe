import type { PagesOf } from "./page.ts";

export const testPages: PagesOf<"test"> = {
  "test/failed": {
    title: "an answer of the service is not what a test expects",
    why: "The image was started and asked as the file says. Nothing is pushed before all tests pass. What differs stands below the message.",
    mend: "`mlpackage test NAME` runs it again; `mlpackage run` and `mlpackage score` let you try by hand. If the new answer is right, change `expect`.",
  },
  "test/no-answer": {
    title: "the service gave no answer to a request of a test",
    why: "It broke the connection off, or took longer than it may. The process may have died: out of memory, or by a fault in native code.",
    mend: "The end of its log stands with the failure. `inference.scoring_timeout` is how long an answer may take.",
  },
};

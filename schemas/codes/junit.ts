import type { PagesOf } from "./page.ts";

export const junitPages: PagesOf<"junit"> = {
  "junit/not-written": {
    title: "the JUnit report is not written",
    why: "The disk is full, or the place cannot be written to. The tests themselves have run; their outcome is what counts.",
    mend: "Name another place: `--junit reports/tests.xml`.",
  },
};

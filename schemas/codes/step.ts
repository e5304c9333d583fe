import type { PagesOf } from "./page.ts";

export const stepPages: PagesOf<"step"> = {
  "step/input-changed": {
    title: "a file changed while a step read it",
    why: "Half of what was read is old, and half is new. Such an image is not made, and the step not remembered.",
    mend: "Apply again once the file stays as it is.",
  },
  "step/timed-out": {
    title: "a step did not end in time",
    why: "Each kind of step has a time after which it hangs rather than works.",
    mend: "`mlpackage apply --progress plain` shows what it was doing.",
  },
  "step/tried-again": {
    title: "a step failed by a fault that may pass, and is tried again",
    why: "Networks and registries fail at times. It is told so that you know why it takes longer.",
    mend: "Nothing. If all tries fail, the last failure is told.",
  },
};

import type { PagesOf } from "./page.ts";

export const tracePages: PagesOf<"trace"> = {
  "trace/not-written": {
    title: "the trace of a run is not written",
    why: "The disk is full, or the place cannot be written to. The run itself is as good.",
    mend: "Name another place: `--trace /tmp/trace.json`.",
  },
};

import type { PagesOf } from "./page.ts";

export const servicePages: PagesOf<"service"> = {
  "service/exited": {
    title: "the service ended before it was ready",
    why: "With exit code 3 the entry script could not be loaded: an import failed, or `init()` raised an error. The last lines of its log stand below the message.",
    mend: "Mend the script, and `mlpackage apply` again. A missing module belongs to `environment.python.requirements`, or to `environment.system_packages` where Debian has it.",
  },
  "service/not-ready": {
    title: "the service was not ready in time",
    why: "It runs, but does not say that it is ready: `init()` may still load the model, or wait for something that it cannot reach.",
    mend: "`docker run --rm IMAGE` shows its log as it goes. Nothing in `init()` should wait for a network.",
  },
};

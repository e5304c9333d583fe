import type { Diagnostic } from "../model/diagnostic.ts";
import type { Examined } from "../plan/plan.ts";
import type { Assembly } from "./assemble.ts";
import type { Session } from "./session.ts";

/** Whether a pickle that is not known to be harmless is refused: `--deny-unsafe-pickle`, or the variable of that name. */
export function deniesUnsafePickle({ host }: Session, option: boolean | undefined): boolean {
  const set = (host.environment.MLPACKAGE_DENY_UNSAFE_PICKLE ?? "").toLowerCase();
  return option === true || !["", "0", "false"].includes(set);
}

/** What is to be said of what earlier runs have made, as a run would say it. */
export function judgeExamined(examined: readonly Examined[], { judge }: Assembly): readonly Diagnostic[] {
  return examined.flatMap(({ planned, output }) => (output === undefined ? [] : judge(planned.step, output)));
}

import { fail, type Result, succeed } from "../model/result.ts";
import type { Examined } from "../plan/plan.ts";
import type { PlanDocument } from "../report/plan-json.ts";
import { deniesUnsafePickle, judgeExamined } from "./deny-unsafe-pickle.ts";
import { makePlan } from "./plan-file.ts";
import { type Prepared, prepare, type SelectOptions } from "./prepare.ts";
import type { Session } from "./session.ts";

export type Planned = {
  readonly prepared: Prepared;
  readonly document: PlanDocument;
  readonly examined: readonly Examined[];
};

/** What `apply` would do. With the warnings that a run would have of what earlier ones made. */
export async function planPackage(session: Session, given: SelectOptions): Promise<Result<Planned>> {
  const options = { ...given, denyUnsafePickle: deniesUnsafePickle(session, given.denyUnsafePickle) };
  const prepared = await prepare(session, { ...options, onlyLooks: true });
  if (!prepared.ok) return prepared;
  const { document, examined } = await makePlan(session, prepared.value, options);
  await prepared.value.assembly.sharedCache?.finish();
  const told = judgeExamined(examined, prepared.value.assembly);
  if (told.some(({ severity }) => severity === "error")) return fail(...told);
  return succeed({ prepared: prepared.value, document, examined }, told);
}

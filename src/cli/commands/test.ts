import type { ApplyOptions } from "../apply-package.ts";
import type { Session } from "../session.ts";
import { apply } from "./apply.ts";

export type TestOptions = Omit<ApplyOptions, "only" | "force" | "noTest" | "tests" | "plan"> & {
  /** Words in the names of the tests that are wanted; empty for all. */
  readonly filter: readonly string[];
};

/** Runs the tests alone, whatever is known of them; of what they need, only what is missing is made. */
export async function test(session: Session, { filter, ...options }: TestOptions): Promise<number> {
  return apply(session, { ...options, only: ["test"], force: false, noTest: false, tests: filter });
}

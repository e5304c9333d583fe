import { applyPackage } from "../cli/apply-package.ts";
import { openPackage } from "../cli/open-package.ts";
import { planPackage } from "../cli/plan-package.ts";
import type {
  ApplyOptions,
  ApplyResult,
  PackageOptions,
  PlanOptions,
  PlanResult,
  ValidateResult,
} from "../model/api.ts";
import { failuresOf } from "../model/outcome.ts";
import { succeed } from "../model/result.ts";
import { appliedToJson } from "../report/applied-json.ts";
import { diagnosticToJson } from "../report/diagnostic-json.ts";
import { inSession } from "./open-session.ts";

/** Checks the file and every path it names; touches nothing. */
export async function validate(options: PackageOptions = {}): Promise<ValidateResult> {
  const opened = await inSession("validate", options, openPackage);
  return opened.ok ? { ok: true, warnings: opened.warnings } : opened;
}

/** Says what `apply` would do, step by step, and why. */
export async function plan(options: PlanOptions = {}): Promise<PlanResult> {
  const planned = await inSession("plan", options, (session) => planPackage(session, selectionOf(options)));
  if (!planned.ok) return planned;
  return { ok: true, plan: planned.value.document, warnings: planned.warnings };
}

/** Builds, tests and writes the outputs; only what changed runs. */
export async function apply(options: ApplyOptions = {}): Promise<ApplyResult> {
  const { jobs = 8, keepGoing = false, frozen, offline, vendor, lockTimeoutMs, trace, junit } = options;
  const applied = await inSession("apply", options, async (session) => {
    const result = await applyPackage(session, {
      ...selectionOf(options),
      ...{ jobs, keepGoing, frozen, offline, vendor, lockTimeoutMs, trace, junit },
    });
    return result.ok ? succeed({ ...result.value, cancelled: session.signal.aborted }) : result;
  });
  if (!applied.ok) return { ...applied, steps: [], tests: [] };
  const { warnings, value } = applied;
  const failures = failuresOf(value.outcomes);
  const made = appliedToJson(value);
  if (failures.length === 0 && !value.cancelled) return { ok: true, warnings, ...made };
  const { cancelled } = value;
  return { ok: false, diagnostics: failures.map(diagnosticToJson), warnings, cancelled, ...made };
}

function selectionOf({ only = [], cache = true, test = true, denyUnsafePickle }: PlanOptions) {
  return { only, force: !cache, noTest: !test, denyUnsafePickle };
}

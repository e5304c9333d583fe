import type { Diagnostic } from "../model/diagnostic.ts";
import type { Graph } from "../model/graph.ts";
import type { StepOutput } from "../model/outcome.ts";
import type { Step } from "../model/step.ts";
import { withoutVendored } from "../model/vendor.ts";
import { evaluateStep } from "../plan/evaluate-step.ts";
import { hasNothing } from "../steps/build-environment.ts";
import { LOCK, outputWhereLocked, packagesOfLock } from "../steps/lock.ts";
import type { Assembly } from "./assemble.ts";
import type { Package } from "./open-package.ts";
import { placeDiagnostics } from "./place-diagnostics.ts";
import type { Session } from "./session.ts";

/**
 * What is wrong with the secrets that a run is going to ask for, told before anything runs. Those of steps that have
 * nothing to do may be missing.
 */
export async function demandSecrets(
  { host }: Session,
  opened: Package,
  assembly: Assembly,
  graph: Graph,
): Promise<readonly Diagnostic[]> {
  const { readSecrets } = assembly.context.buildAids;
  const problems = new Map<string, Diagnostic>();
  for (const step of graph.steps) {
    const ids = secretsAskedBy(step, hasAllVendored(step, graph, assembly));
    if (ids.length === 0) continue;
    const read = await readSecrets(ids);
    if (read.ok || !(await hasToRun(step, graph, assembly))) continue;
    for (const problem of read.diagnostics) problems.set(problem.message, problem);
  }
  return placeDiagnostics([...problems.values()], opened, host);
}

/** By steps that build; who writes a Dockerfile names secrets, and needs none. pip logs in nowhere for what is vendored. */
function secretsAskedBy({ kind, inputs }: Step, isVendored: boolean): readonly string[] {
  if (kind !== "lock" && kind !== "build" && kind !== "vendor") return [];
  const { asked } = inputs as { readonly asked?: unknown };
  const { secrets = [] } = (asked ?? inputs) as { readonly secrets?: readonly NamedSecret[] };
  return secrets.flatMap(({ id, login }) => (isVendored && login !== undefined ? [] : [id]));
}

type NamedSecret = { readonly id: string; readonly login?: unknown };

/** Whether a vendor folder has every package that a step installs. */
function hasAllVendored({ needs }: Step, { steps }: Graph, { context: { vendor } }: Assembly): boolean {
  const lock = steps.find(({ id }) => id === LOCK && needs.includes(id));
  const locked = lock && outputWhereLocked(lock);
  if (vendor === undefined || locked === undefined) return false;
  return hasNothing(withoutVendored(vendor.list, packagesOfLock(locked)));
}

async function hasToRun(step: Step, { steps }: Graph, { evaluation }: Assembly): Promise<boolean> {
  const outputs = new Map<string, StepOutput>();
  for (const id of step.needs) {
    const needed = steps.find((one) => one.id === id);
    const output = needed?.kind === "lock" ? outputWhereLocked(needed) : undefined;
    // What is not known yet cannot have been built on.
    if (output === undefined) return true;
    outputs.set(id, output);
  }
  return (await evaluateStep(step, outputs, evaluation)).verdict === "run";
}

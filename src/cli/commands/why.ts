import type { Manifest } from "../../execution/manifest.ts";
import { type Diagnostic, errorDiagnostic } from "../../model/diagnostic.ts";
import type { Reason } from "../../model/event.ts";
import type { Graph } from "../../model/graph.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import type { Step } from "../../model/step.ts";
import { compareFingerprints } from "../../plan/compare-fingerprints.ts";
import { listInputs } from "../../plan/list-inputs.ts";
import { type Examined, examine } from "../../plan/plan.ts";
import { type Explanation, explanationToJson, renderExplanation } from "../../report/explanation.ts";
import { EXIT } from "../exit-code.ts";
import { prepare } from "../prepare.ts";
import { refuse } from "../refuse.ts";
import type { Session } from "../session.ts";

export type WhyOptions = {
  /** An id, or the kind of one step alone. */
  readonly step: string;
  /** `--no-cache`. */
  readonly force: boolean;
  /** `--no-test`. */
  readonly noTest: boolean;
};

/** Says of one step all that `plan` has only a phrase for. */
export async function why(session: Session, options: WhyOptions): Promise<number> {
  const explained = await explainStep(session, options);
  if (!explained.ok) return refuse(session, ...explained.diagnostics);
  const { json } = session.options;
  session.writeData(
    json ? explanationToJson(explained.value) : renderExplanation(explained.value, session.terminal.color),
  );
  return EXIT.done;
}

async function explainStep(
  session: Session,
  { step: name, ...options }: WhyOptions,
): Promise<Result<Explanation>> {
  const prepared = await prepare(session, { ...options, only: [name], onlyLooks: true });
  if (!prepared.ok) return prepared;
  const { graph, assembly } = prepared.value;
  const step = findStep(graph, name);
  if (!step.ok) return step;
  const examined = await examine(graph, assembly.evaluation);
  await assembly.sharedCache?.finish();
  return succeed(explain(step.value, examined, assembly.manifest));
}

function findStep({ steps }: Graph, name: string): Result<Step> {
  const named = steps.filter(({ id }) => id === name);
  const [step, ...others] = named.length > 0 ? named : steps.filter(({ kind }) => kind === name);
  if (step === undefined) throw new Error(`the graph was cut to ${name}, and has no such step`);
  return others.length === 0 ? succeed(step) : fail(wordSeveral(name, [step, ...others]));
}

function wordSeveral(name: string, steps: readonly Step[]): Diagnostic {
  return errorDiagnostic("cli/several-steps", `\`${name}\` is ${steps.length} steps`, {
    hint: `name one: ${steps.map(({ id }) => `\`${id}\``).join(", ")}`,
  });
}

function explain(step: Step, examined: readonly Examined[], manifest: Manifest): Explanation {
  const byId = new Map(examined.map((entry) => [entry.planned.step.id, entry]));
  const demand = (id: string): Examined => {
    const entry = byId.get(id);
    if (entry === undefined) throw new Error(`${id} was not examined`);
    return entry;
  };
  const entry = demand(step.id);
  const last = manifest.steps[step.id];
  return {
    planned: entry.planned,
    ...(entry.key !== undefined && { key: entry.key }),
    changes: changesBesides(entry, last),
    inputs: listInputs(step.inputs),
    needs: step.needs.map((id) => {
      const { planned, output } = demand(id);
      const lastOutput = last?.fingerprint.needs[id];
      return {
        planned,
        ...(output !== undefined && { output: output.digest }),
        ...(lastOutput !== undefined && { lastOutput }),
      };
    }),
    ...(last !== undefined && {
      last: {
        key: last.key,
        output: last.output.digest,
        ...(last.durationMs !== undefined && { durationMs: last.durationMs }),
      },
    }),
  };
}

const CHANGES: ReadonlySet<Reason["type"]> = new Set([
  "new",
  "upstream",
  "input-added",
  "input-removed",
  "input-changed",
]);

/** What changed since the last success, where the verdict does not say it: of a step that failed, or is fresh again. */
function changesBesides(
  { planned, fingerprint }: Examined,
  last: Manifest["steps"][string] | undefined,
): readonly Reason[] {
  if (fingerprint === undefined || last === undefined) return [];
  if (planned.verdict === "run" && planned.because.some(({ type }) => CHANGES.has(type))) return [];
  return compareFingerprints(last.fingerprint, fingerprint);
}

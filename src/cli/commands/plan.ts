import type { PlannedStep } from "../../model/event.ts";
import { hasWork, plan as planGraph } from "../../plan/plan.ts";
import { type Paint, painter } from "../../report/paint.ts";
import { wordReasons, wordStep } from "../../report/wording.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { prepare, type SelectOptions } from "../prepare.ts";
import { reportDiagnostics, type Session } from "../session.ts";

export type PlanOptions = SelectOptions & { readonly detailedExitcode: boolean };

export async function plan(session: Session, options: PlanOptions): Promise<number> {
  const prepared = await prepare(session, options);
  if (!prepared.ok) {
    reportDiagnostics(session, prepared.diagnostics);
    return exitCodeOf(prepared.diagnostics);
  }
  const { graph, assembly } = prepared.value;
  const planned = await planGraph(graph, assembly.evaluation);
  session.writeData(session.options.json ? planToJson(planned) : planToText(planned, session.terminal.color));
  return options.detailedExitcode && hasWork(planned) ? EXIT.workFound : EXIT.done;
}

function planToText(planned: readonly PlannedStep[], color: boolean): string {
  const paint = painter(color);
  const lines = planned.map((entry) => planLine(entry, paint));
  return `${[...lines, wordTotals(planned)].join("\n")}\n`;
}

function wordTotals(planned: readonly PlannedStep[]): string {
  if (!hasWork(planned)) return "nothing to do";
  const count = (verdict: PlannedStep["verdict"]) => planned.filter((one) => one.verdict === verdict).length;
  const pending = count("pending") > 0 ? `, ${count("pending")} that may run` : "";
  return `${count("run")} to run${pending}, ${count("fresh")} fresh`;
}

function planLine(entry: PlannedStep, paint: Paint): string {
  const name = wordStep(entry.step);
  switch (entry.verdict) {
    case "fresh":
      return `${paint("dim", "=")} ${name}: fresh`;
    case "run":
      return `${paint("cyan", "▸")} ${name}: runs, ${wordReasons(entry.because)}`;
    case "pending":
      return `${paint("yellow", "?")} ${name}: runs if ${entry.on.join(" or ")} makes something else`;
  }
}

function planToJson(planned: readonly PlannedStep[]): string {
  const steps = planned.map(({ step, ...verdict }) => ({
    id: step.id,
    kind: step.kind,
    name: step.name,
    ...verdict,
  }));
  return `${JSON.stringify({ steps }, undefined, 2)}\n`;
}

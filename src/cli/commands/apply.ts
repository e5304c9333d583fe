import type { Outcome } from "../../model/outcome.ts";
import { outcomeToJson } from "../../report/json-lines.ts";
import { EXIT, exitCodeOf, exitCodeOfRun } from "../exit-code.ts";
import { prepare, type SelectOptions } from "../prepare.ts";
import { type RunOptions, runGraph } from "../run-graph.ts";
import { reportDiagnostics, type Session } from "../session.ts";

export type ApplyOptions = SelectOptions & RunOptions;

export async function apply(session: Session, options: ApplyOptions): Promise<number> {
  const prepared = await prepare(session, options);
  if (!prepared.ok) {
    reportDiagnostics(session, prepared.diagnostics);
    return exitCodeOf(prepared.diagnostics);
  }
  const { opened, assembly, graph } = prepared.value;
  const outcomes = await runGraph(session, opened, assembly, graph, options);
  const failures = [...outcomes.values()].flatMap((outcome) =>
    outcome.status === "failed" ? outcome.diagnostics : [],
  );
  if (session.options.json) session.writeData(outcomesToJson(outcomes));
  else reportDiagnostics(session, failures);
  return session.signal.aborted ? EXIT.interrupted : exitCodeOfRun(outcomes);
}

function outcomesToJson(outcomes: ReadonlyMap<string, Outcome>): string {
  const steps = [...outcomes].map(([id, outcome]) => ({ id, ...outcomeToJson(outcome) }));
  return `${JSON.stringify({ steps }, undefined, 2)}\n`;
}

import type { RunReport } from "../model/run-report.ts";
import { visibleLines } from "../report/visible-text.ts";

/** The report with all characters seen: none in any text turns the direction of what follows, moves or hides it. */
export function makeVisible(report: RunReport): RunReport {
  return visit(report) as RunReport;
}

function visit(value: unknown): unknown {
  if (typeof value === "string") return visibleLines(value);
  if (Array.isArray(value)) return value.map(visit);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, visit(one)]));
}

import type { PlannedStep } from "../model/event.ts";
import { type Paint, painter } from "./paint.ts";
import { wordReasons, wordStep } from "./wording.ts";

/** A plan as people read it: a line for each step, and what it comes to. */
export function renderPlan(planned: readonly PlannedStep[], color: boolean): string {
  const paint = painter(color);
  const lines = planned.map((entry) => planLine(entry, paint));
  return `${[...lines, wordTotals(planned)].join("\n")}\n`;
}

function wordTotals(planned: readonly PlannedStep[]): string {
  const count = (verdict: PlannedStep["verdict"]) => planned.filter((one) => one.verdict === verdict).length;
  if (count("fresh") === planned.length) return "nothing to do";
  const pending = count("pending") > 0 ? `, ${count("pending")} that may run` : "";
  const restored = count("restore") > 0 ? `, ${count("restore")} to restore` : "";
  return `${count("run")} to run${pending}${restored}, ${count("fresh")} fresh`;
}

/** What a run would do with a step, and why, in one line. */
export function planLine(entry: PlannedStep, paint: Paint): string {
  const name = wordStep(entry.step);
  switch (entry.verdict) {
    case "fresh":
      return `${paint("dim", "=")} ${name}: fresh`;
    case "restore":
      return `${paint("green", "⇣")} ${name}: restored from ${entry.from}`;
    case "run":
      return `${paint("cyan", "▸")} ${name}: runs, ${wordReasons(entry.because)}`;
    case "pending":
      return `${paint("yellow", "?")} ${name}: runs if ${entry.on.join(" or ")} makes something else`;
  }
}

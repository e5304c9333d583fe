import type { ApplyEvent, StepOutcome } from "../model/api.ts";
import type { RunEvent } from "../model/event.ts";
import type { Outcome } from "../model/outcome.ts";
import type { Reporter, Terminal } from "../model/reporter.ts";
import { diagnosticToJson } from "./diagnostic-json.ts";

/** One JSON object a line, for programs. */
export function createJsonReporter({ write }: Pick<Terminal, "write">): Reporter {
  return { handle: (event) => write(`${JSON.stringify(eventToJson(event))}\n`), close: () => {} };
}

/** An event as plain data: steps by their ids. */
export function eventToJson(event: RunEvent): ApplyEvent {
  const timeMs = Math.round(event.timeMs);
  switch (event.type) {
    case "plan-ready":
      return {
        type: event.type,
        timeMs,
        steps: event.steps.map(({ id, needs, after }) => ({ id, needs, after })),
      };
    case "step-waiting":
      return { type: event.type, timeMs, step: event.step.id, owner: event.owner };
    case "step-started":
      return { type: event.type, timeMs, step: event.step.id, because: event.because };
    case "step-output":
      return { type: event.type, timeMs, step: event.step.id, activity: event.activity };
    case "step-finished":
      return { type: event.type, timeMs, step: event.step.id, outcome: outcomeToJson(event.outcome) };
    case "diagnostic":
      return { type: event.type, timeMs, diagnostic: diagnosticToJson(event.diagnostic) };
    case "run-finished":
      return {
        type: event.type,
        timeMs,
        outcomes: Object.fromEntries([...event.outcomes].map(([id, { status }]) => [id, status])),
      };
  }
}

/**
 * An outcome as plain data: places as lines and columns, without the texts they are in. How the service runs is left
 * out, since its variables may hold a secret.
 */
export function outcomeToJson(outcome: Outcome): StepOutcome {
  if (outcome.status === "failed")
    return { ...outcome, diagnostics: outcome.diagnostics.map(diagnosticToJson) };
  if (!("output" in outcome)) return outcome;
  const { settings: _hidden, ...values } = outcome.output.values;
  return { ...outcome, output: { ...outcome.output, values } };
}

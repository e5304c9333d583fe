import type { StepRun } from "../../src/execution/execute.ts";
import { errorDiagnostic } from "../../src/model/diagnostic.ts";
import type { StepOutput } from "../../src/model/outcome.ts";
import { fail, type Result, succeed } from "../../src/model/result.ts";
import type { SerializableRecord } from "../../src/model/serializable.ts";
import type { Step } from "../../src/model/step.ts";
import { makeOutput } from "../fakes/steps.ts";

type Running = { readonly run: StepRun; readonly end: (result: Result<StepOutput>) => void };

/** Steps that run until the test tells them how to end. */
export function createScriptedSteps() {
  const running = new Map<string, Running>();
  const started: string[] = [];
  const waiting = new Map<string, (running: Running) => void>();

  function runStep(step: Step, run: StepRun): Promise<Result<StepOutput>> {
    started.push(step.id);
    return new Promise((resolve) => {
      const end = (result: Result<StepOutput>): void => {
        running.delete(step.id);
        resolve(result);
      };
      running.set(step.id, { run, end });
      waiting.get(step.id)?.({ run, end });
      waiting.delete(step.id);
    });
  }

  async function whenStarted(id: string): Promise<Running> {
    return running.get(id) ?? new Promise((resolve) => waiting.set(id, resolve));
  }

  return {
    runStep,
    started: started as readonly string[],
    running: (): readonly string[] => [...running.keys()],
    whenStarted,
    succeed: async (id: string, text = id) => (await whenStarted(id)).end(succeed(makeOutput(text))),
    fail: async (id: string, details: SerializableRecord = {}) =>
      (await whenStarted(id)).end(fail(errorDiagnostic("test/told-to", id, { details }))),
  };
}

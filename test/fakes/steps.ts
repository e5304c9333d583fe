import { digestOf } from "../../src/model/digest.ts";
import type { StepOutput } from "../../src/model/outcome.ts";
import type { Step } from "../../src/model/step.ts";

/** A step that nothing is special about; `needs` and `after` as words: `makeStep("c", "a b")`. */
export function makeStep(id: string, needs = "", more: Partial<Step> = {}): Step {
  const wordsOf = (text: string) => text.split(" ").filter(Boolean);
  return {
    id,
    kind: "fetch",
    name: id,
    inputs: { id },
    needs: wordsOf(needs),
    after: [],
    pool: "cpu",
    ...more,
  };
}

/** An output that is another for another text. */
export function makeOutput(text: string): StepOutput {
  return { digest: digestOf(text), files: [], values: { text } };
}

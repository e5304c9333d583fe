import type { ReportedStep } from "../model/run-report.ts";

/** Where on the page the steps are. Their own ids may have any letters: those of elements are numbers. */
export type StepPlaces = {
  /** Of the element that shows the step. */
  readonly idOf: (step: string) => string;
  readonly has: (step: string) => boolean;
  /** For a click on a link to one: selects it. Without a script the browser goes there by itself. */
  readonly onFollow: (event: MouseEvent) => void;
};

export function placeSteps(steps: readonly ReportedStep[], onSelect: (step: string) => void): StepPlaces {
  const numbers = new Map(steps.map(({ id }, index) => [id, index]));
  return {
    idOf: (step) => `step-${numbers.get(step)}`,
    has: (step) => numbers.has(step),
    onFollow: (event) => {
      const link = (event.currentTarget as Element).getAttribute("href") ?? "";
      const step = steps[Number(link.replace("#step-", ""))];
      if (step === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      onSelect(step.id);
    },
  };
}

import type { ReportedDiagnostic, ReportedStep, RunReport } from "../model/run-report.ts";
import { CodeBlock } from "./code-block.tsx";
import { Mark } from "./state-mark.tsx";
import type { StepPlaces } from "./step-places.ts";

type ProblemsProps = { readonly report: RunReport; readonly places: StepPlaces };

/** What went wrong, before anything else: each failed step in a line, and what was told of no step. */
export function Problems({ report, places }: ProblemsProps) {
  const failed = report.steps.filter(({ state }) => state === "failed");
  if (failed.length + report.diagnostics.length === 0) return null;
  return (
    <section class="problems" id="problems" aria-labelledby="problems-title">
      <h2 id="problems-title">{failed.length > 0 ? "What went wrong" : "To note"}</h2>
      {failed.length > 0 && (
        <ul class="failed-steps">
          {failed.map((step) => (
            <li key={step.id}>
              <Mark of="failed" />
              <p>
                <a href={`#${places.idOf(step.id)}`} onClick={places.onFollow}>
                  {step.id}
                </a>{" "}
                {firstWords(step)}
              </p>
            </li>
          ))}
        </ul>
      )}
      <Diagnostics diagnostics={report.diagnostics} />
    </section>
  );
}

function firstWords({ diagnostics: [first] }: ReportedStep): string {
  return first === undefined ? "failed" : first.message;
}

/** Each as it stands at a terminal, below what it is called. */
export function Diagnostics({ diagnostics }: { readonly diagnostics: readonly ReportedDiagnostic[] }) {
  return diagnostics.map(({ severity, code, text }, index) => (
    <figure class={`diagnostic ${severity}`} key={index}>
      <figcaption>
        <Mark of={severity} /> {severity} <code>{code}</code>
      </figcaption>
      <CodeBlock text={text} />
    </figure>
  ));
}

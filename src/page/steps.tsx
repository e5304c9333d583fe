import { useMemo } from "preact/hooks";
import type { ReportedPart, ReportedStep, RunReport } from "../model/run-report.ts";
import { CodeBlock } from "./code-block.tsx";
import { CopyButton, DigestText } from "./copy-button.tsx";
import { Diagnostics } from "./problems.tsx";
import { Mark, State } from "./state-mark.tsx";
import type { StepPlaces } from "./step-places.ts";
import { wordTime } from "./words.ts";

/** From here on, what is not in sight is not laid out. */
const MANY = 100;

type StepsProps = {
  readonly report: RunReport;
  readonly selected: string | undefined;
  readonly places: StepPlaces;
};

/** All that is known of each step, in the order of the graph. */
export function Steps({ report, selected, places }: StepsProps) {
  return (
    <section id="steps" aria-labelledby="steps-title">
      <h2 id="steps-title">Steps</h2>
      {report.steps.length === 0 && <p class="note">There are none.</p>}
      <div class={report.steps.length > MANY ? "steps many" : "steps"}>
        {report.steps.map((step) => (
          <Step
            key={step.id}
            step={step}
            isSelected={step.id === selected}
            places={places}
            // What has ended does not change by time.
            nowMs={step.state === "running" ? report.durationMs : 0}
          />
        ))}
      </div>
    </section>
  );
}

type StepProps = {
  readonly step: ReportedStep;
  readonly isSelected: boolean;
  readonly places: StepPlaces;
  readonly nowMs: number;
};

function Step({ step, isSelected, places, nowMs }: StepProps) {
  // The same elements for the same step, so that thousands of others cost a live page nothing.
  return useMemo(
    () => (
      <details
        id={places.idOf(step.id)}
        class={isSelected ? "step selected" : "step"}
        open={step.state === "failed" || undefined}
      >
        <summary>
          <Mark of={step.state} />
          <span class="id">{step.id}</span>
          <span class="told">
            <span class={`word ${step.state}`}>{step.state}</span>
            {toldOf(step)}
          </span>
          <span class="time">{wordSpan(step, nowMs)}</span>
        </summary>
        <Body step={step} places={places} nowMs={nowMs} />
      </details>
    ),
    [step, isSelected, places, nowMs],
  );
}

/** What is said beside the state: what it does or what is in its way, else why it ran. */
function toldOf({ state, doing, because }: ReportedStep): string {
  const words = doing ?? because[0];
  if (words === undefined) return "";
  return words.startsWith(`${state} `) ? words.slice(state.length) : ` · ${words}`;
}

function wordSpan({ startedMs, endedMs, savedMs }: ReportedStep, nowMs: number): string {
  if (startedMs !== undefined && (endedMs !== undefined || nowMs > 0))
    return wordTime((endedMs ?? nowMs) - startedMs);
  return savedMs === undefined ? "" : `saved ${wordTime(savedMs)}`;
}

function Body({ step, places, nowMs }: Omit<StepProps, "isSelected">) {
  const { because, needs, after, startedMs, savedMs, digest, diagnostics, parts, log } = step;
  return (
    <div class="body">
      <Diagnostics diagnostics={diagnostics} />
      <dl class="facts">
        {because.length > 0 && (
          <div>
            <dt>Ran because</dt>
            {because.map((phrase) => (
              <dd key={phrase}>{phrase}</dd>
            ))}
          </div>
        )}
        {startedMs !== undefined && (
          <div>
            <dt>Began after</dt>
            <dd>{wordTime(startedMs)}</dd>
          </div>
        )}
        {savedMs !== undefined && (
          <div>
            <dt>Last time it took</dt>
            <dd>{wordTime(savedMs)}</dd>
          </div>
        )}
        <StepLinks name="Needs" steps={needs} places={places} />
        <StepLinks name="Comes after" steps={after} places={places} />
        {digest !== undefined && (
          <div>
            <dt>Made</dt>
            <dd>
              <DigestText digest={digest} of={step.id} />
            </dd>
          </div>
        )}
      </dl>
      {parts.length > 0 && <Parts parts={parts} nowMs={nowMs} />}
      {log.length > 0 && <Log lines={log} of={step.id} />}
    </div>
  );
}

type StepLinksProps = {
  readonly name: string;
  readonly steps: readonly string[];
  readonly places: StepPlaces;
};

function StepLinks({ name, steps, places }: StepLinksProps) {
  if (steps.length === 0) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd class="links">
        {steps.map((id) =>
          places.has(id) ? (
            <a key={id} href={`#${places.idOf(id)}`} onClick={places.onFollow}>
              {id}
            </a>
          ) : (
            <span key={id}>{id}</span>
          ),
        )}
      </dd>
    </div>
  );
}

function Parts({ parts, nowMs }: { readonly parts: readonly ReportedPart[]; readonly nowMs: number }) {
  return (
    <table class="parts">
      <caption>What the builder did</caption>
      <thead>
        <tr>
          <th scope="col">Part</th>
          <th scope="col">State</th>
          <th scope="col" class="number">
            Time
          </th>
        </tr>
      </thead>
      <tbody>
        {parts.map((part) => (
          <tr key={`${part.startedMs} ${part.name}`}>
            <td>
              <code>{part.name}</code>
            </td>
            <td>
              <State of={part.state} />
            </td>
            <td class="number">{wordTime(Math.max(0, (part.endedMs ?? nowMs) - part.startedMs))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Log({ lines, of }: { readonly lines: readonly string[]; readonly of: string }) {
  const text = lines.join("\n");
  return (
    <figure class="log">
      <figcaption>
        The end of its log <CopyButton text={text} what={`the log of ${of}`} />
      </figcaption>
      <CodeBlock text={text} />
    </figure>
  );
}

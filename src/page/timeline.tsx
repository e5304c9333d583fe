import type { ReportedPart, ReportedStep, RunReport } from "../model/run-report.ts";
import { Mark } from "./state-mark.tsx";
import type { StepPlaces } from "./step-places.ts";
import { count, wordTime } from "./words.ts";

/** More rows than these are no picture. */
const MOST_ROWS = 60;
/** More parts of a step than these beside each other are thinner than a line. */
const MOST_LANES = 6;

type TimelineProps = { readonly report: RunReport; readonly places: StepPlaces };
type Started = ReportedStep & { readonly startedMs: number };

/** When each step ran, on one axis. */
export function Timeline({ report, places }: TimelineProps) {
  const { steps, durationMs } = report;
  const started = steps.filter(
    (step): step is Started => step.startedMs !== undefined && step.state !== "fresh",
  );
  const shown = longest(started, durationMs);
  const fresh = steps.filter(({ state }) => state === "fresh");
  const end = Math.max(durationMs, 1, ...shown.map((step) => endOf(step, durationMs)));
  return (
    <section id="timeline" aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      {shown.length > 0 && (
        <div class="timeline">
          <Axis end={end} />
          <ol>
            {shown.map((step) => (
              <Row key={step.id} step={step} end={end} durationMs={durationMs} places={places} />
            ))}
          </ol>
        </div>
      )}
      {shown.length < started.length && (
        <p class="note">
          The {shown.length} longest of {started.length} steps; all are below.
        </p>
      )}
      {fresh.length > 0 && <Fresh steps={fresh} places={places} />}
      {started.length + fresh.length === 0 && <p class="note">No step has begun.</p>}
    </section>
  );
}

function longest(steps: readonly Started[], durationMs: number): readonly Started[] {
  const length = (step: Started) => endOf(step, durationMs) - step.startedMs;
  const chosen = new Set([...steps].sort((a, b) => length(b) - length(a)).slice(0, MOST_ROWS));
  return steps.filter((step) => chosen.has(step)).sort((a, b) => a.startedMs - b.startedMs);
}

function endOf({ endedMs }: ReportedStep, durationMs: number): number {
  return endedMs ?? durationMs;
}

function Axis({ end }: { readonly end: number }) {
  return (
    <div class="axis" aria-hidden="true">
      {ticksUntil(end).map((tick) => (
        <span key={tick} style={{ left: percent(tick, end) }}>
          {tick === 0 ? "0" : wordTime(tick).replace(".0", "")}
        </span>
      ))}
    </div>
  );
}

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3,
  1800e3, 3600e3, 7200e3, 14400e3, 28800e3,
];

/** Round times, at most six of them. */
function ticksUntil(end: number): readonly number[] {
  const step = STEPS_MS.find((one) => end / one <= 5) ?? Math.ceil(end / 5);
  const ticks = Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
  // One at the very end has no room for its words.
  return ticks.filter((tick) => tick < end * 0.94);
}

function percent(part: number, whole: number): string {
  return `${Math.min(100, Math.max(0, Math.round((part / whole) * 1e4) / 100))}%`;
}

type RowProps = {
  readonly step: Started;
  readonly end: number;
  readonly durationMs: number;
  readonly places: StepPlaces;
};

function Row({ step, end, durationMs, places }: RowProps) {
  const until = endOf(step, durationMs);
  const time = wordTime(until - step.startedMs);
  const lanes = lanesOf(step.parts, durationMs);
  return (
    <li>
      <a href={`#${places.idOf(step.id)}`} onClick={places.onFollow} title={step.id}>
        <Mark of={step.state} />
        <span>{step.id}</span>
      </a>
      <div class="track">
        <div
          class={`bar ${step.state}`}
          style={{ left: percent(step.startedMs, end), width: percent(until - step.startedMs, end) }}
        />
        {lanes.map((lane, index) => (
          <div class="lane" key={index} aria-hidden="true">
            {lane.map((part) => (
              <div
                key={`${part.startedMs} ${part.name}`}
                class={`part ${part.state}`}
                title={`${part.name}: ${part.state}, ${wordTime(partEnd(part, durationMs) - part.startedMs)}`}
                style={{
                  left: percent(part.startedMs, end),
                  width: percent(partEnd(part, durationMs) - part.startedMs, end),
                }}
              />
            ))}
          </div>
        ))}
      </div>
      <span class="time">
        <span class="unseen">{step.state}, </span>
        {time}
        <span class="unseen"> from {wordTime(step.startedMs)} on</span>
      </span>
    </li>
  );
}

function partEnd({ endedMs }: ReportedPart, durationMs: number): number {
  return endedMs ?? durationMs;
}

/** Parts that ran at once are in different lanes; those that took no time, or for which no lane is left, in none. */
function lanesOf(parts: readonly ReportedPart[], durationMs: number): readonly (readonly ReportedPart[])[] {
  const lanes: ReportedPart[][] = [];
  const ends: number[] = [];
  for (const part of [...parts].sort((a, b) => a.startedMs - b.startedMs)) {
    const until = partEnd(part, durationMs);
    if (until <= part.startedMs) continue;
    const free = ends.findIndex((end) => end <= part.startedMs);
    const index = free >= 0 ? free : lanes.length;
    if (index >= MOST_LANES) continue;
    const lane = lanes[index];
    if (lane === undefined) lanes.push([part]);
    else lane.push(part);
    ends[index] = until;
  }
  return lanes;
}

function Fresh({ steps, places }: { readonly steps: readonly ReportedStep[]; readonly places: StepPlaces }) {
  return (
    <div class="fresh-steps">
      <p>
        <Mark of="fresh" /> {count(steps.length, "step")} fresh, with nothing to do:
      </p>
      <ul>
        {steps.map(({ id }) => (
          <li key={id}>
            <a href={`#${places.idOf(id)}`} onClick={places.onFollow}>
              {id}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

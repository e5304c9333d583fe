import type { RunState, StepState } from "../model/run-report.ts";

export type MarkName =
  | RunState
  | StepState
  | "passed"
  | "cached"
  | "not-run"
  | "error"
  | "warning"
  | "disconnected";

/** A shape of its own for each state, in a box of 16: nobody has to tell colours apart. */
export function Mark({ of }: { readonly of: MarkName }) {
  return (
    <svg class={`mark ${of}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <Shape of={of} />
    </svg>
  );
}

/** The shape alone, to be put into another picture. */
export function Shape({ of }: { readonly of: MarkName }) {
  switch (of) {
    case "succeeded":
    case "passed":
      return (
        <>
          <circle class="fill" cx="8" cy="8" r="7" />
          <path class="cut" d="M4.8 8.3 7 10.5l4.2-4.8" />
        </>
      );
    case "fresh":
    case "cached":
      return (
        <>
          <circle class="line" cx="8" cy="8" r="6.2" />
          <path class="line" d="M5.2 8.2 7.1 10l3.7-4.1" />
        </>
      );
    case "restored":
      return (
        <>
          <circle class="line" cx="8" cy="8" r="6.2" />
          <path class="line" d="M8 4.6v6.2M5.4 8.4 8 11l2.6-2.6" />
        </>
      );
    case "running":
      return (
        <>
          <circle class="line faint" cx="8" cy="8" r="6.2" />
          <path class="line turning" d="M8 1.8A6.2 6.2 0 0 1 14.2 8" />
        </>
      );
    case "failed":
    case "error":
      return (
        <>
          <path class="fill" d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" />
          <path class="cut" d="m5.5 5.5 5 5m0-5-5 5" />
        </>
      );
    case "blocked":
      return (
        <>
          <circle class="line" cx="8" cy="8" r="6.2" />
          <path class="line" d="m3.8 3.8 8.4 8.4" />
        </>
      );
    case "cancelled":
    case "interrupted":
      return (
        <>
          <circle class="line" cx="8" cy="8" r="6.2" />
          <rect class="fill" x="5.6" y="5.6" width="4.8" height="4.8" rx="0.8" />
        </>
      );
    case "waiting":
    case "not-run":
      return <circle class="line dashed" cx="8" cy="8" r="6.2" />;
    case "warning":
    case "disconnected":
      return (
        <>
          <path class="fill" d="M8 1 15.4 14.4H.6z" />
          <path class="cut" d="M8 6v4M8 12v.4" />
        </>
      );
  }
}

/** A state by shape and word. */
export function State({ of }: { readonly of: MarkName }) {
  return (
    <span class={`state ${of}`}>
      <Mark of={of} /> {of === "not-run" ? "not run" : of}
    </span>
  );
}

import { type Digest, shortDigest } from "../model/digest.ts";
import type { PlannedStep, Reason } from "../model/event.ts";
import { type Paint, painter } from "./paint.ts";
import { planLine } from "./plan-text.ts";
import { visibleText } from "./visible-text.ts";
import { wordDuration, wordEachReason, wordStep, wordValue } from "./wording.ts";

/** All that is known of why a step runs or need not. */
export type Explanation = {
  readonly planned: PlannedStep;
  /** Left out while a step it needs is still to run. */
  readonly key?: Digest;
  /** What differs from its last success, where the verdict has other reasons. */
  readonly changes: readonly Reason[];
  /** By name; `value` is canonical JSON, left out where it may hold a secret. */
  readonly inputs: readonly { readonly input: string; readonly value?: string }[];
  readonly needs: readonly NeededStep[];
  readonly last?: { readonly key: Digest; readonly output: Digest; readonly durationMs?: number };
};

/** A step that another one needs: what it makes, where that is known, and what it had made when that one last ran. */
export type NeededStep = {
  readonly planned: PlannedStep;
  readonly output?: Digest;
  readonly lastOutput?: Digest;
};

export function explanationToJson(explanation: Explanation): string {
  const { planned, needs, inputs, ...more } = explanation;
  const { step, ...verdict } = planned;
  const { id, kind, name, after } = step;
  const data = {
    format: 1,
    ...{ id, kind, name, ...verdict, ...more, after },
    needs: needs.map(({ planned: { step: needed, ...itsVerdict }, ...outputs }) => ({
      ...{ id: needed.id, ...itsVerdict, ...outputs },
    })),
    inputs: inputs.map(({ input, value }) =>
      value === undefined ? { input, hidden: true } : { input, value: JSON.parse(value) as unknown },
    ),
  };
  return `${JSON.stringify(data, undefined, 2)}\n`;
}

export function renderExplanation(explanation: Explanation, color: boolean): string {
  const paint = painter(color);
  const lines = [
    ...verdictLines(explanation, paint),
    ...durationLines(explanation),
    ...needLines(explanation, paint),
    ...(explanation.planned.verdict === "fresh" ? inputLines(explanation) : []),
  ];
  return `${lines.join("\n")}\n`;
}

function verdictLines(explanation: Explanation, paint: Paint): readonly string[] {
  const { planned, changes } = explanation;
  const name = wordStep(planned.step);
  const since =
    changes.length > 0 ? ["  since it last succeeded:", ...reasonLines(changes, explanation, "    ")] : [];
  switch (planned.verdict) {
    case "run":
      return [
        `${paint("cyan", "▸")} ${name} runs:`,
        ...reasonLines(planned.because, explanation, "  "),
        ...since,
      ];
    case "fresh":
      return [`${paint("dim", "=")} ${name} is fresh: ${wordFresh(explanation)}`, ...since];
    default:
      return [planLine(planned, paint), ...since];
  }
}

/** A step may be fresh because the cache still has what an earlier run made of the same. */
function wordFresh({ inputs, key, last }: Explanation): string {
  const count = inputs.length === 1 ? "its one input is" : `all ${inputs.length} inputs are`;
  return last?.key === key ? `${count} as when it last ran` : `${count} as in an earlier run`;
}

function reasonLines(
  reasons: readonly Reason[],
  { inputs, needs }: Explanation,
  indent: string,
): readonly string[] {
  const findValue = (name: string) => inputs.find(({ input }) => input === name)?.value;
  const detailOf = (reason: Reason): string => {
    if (reason.type === "upstream") return wordOutputs(needs, reason.step);
    if (reason.type !== "input-added") return "";
    const value = findValue(reason.input);
    return value === undefined ? "" : ` (${wordValue(value)})`;
  };
  const reference = findValue("base.reference");
  const baseImage = reference === undefined ? undefined : String(JSON.parse(reference)).replace(/@.*$/, "");
  return wordEachReason(reasons, { detailOf, baseImage }).map((words) => `${indent}${visibleText(words)}`);
}

function wordOutputs(needs: readonly NeededStep[], id: string): string {
  const { output, lastOutput } = needs.find(({ planned }) => planned.step.id === id) ?? {};
  if (output === undefined || lastOutput === undefined) return "";
  return ` (${shortDigest(lastOutput)} → ${shortDigest(output)})`;
}

function durationLines({ last }: Explanation): readonly string[] {
  return last?.durationMs === undefined ? [] : [`  it took ${wordDuration(last.durationMs)} the last time`];
}

function needLines({ needs }: Explanation, paint: Paint): readonly string[] {
  if (needs.length === 0) return [];
  const lines = needs.map(({ planned, output }) => {
    const digest = output === undefined ? "" : ` (${shortDigest(output)})`;
    return `    ${visibleText(planLine(planned, (_style, text) => text))}${paint("dim", digest)}`;
  });
  return ["  it needs:", ...lines];
}

function inputLines({ inputs }: Explanation): readonly string[] {
  const lines = inputs.map(
    ({ input, value }) =>
      `    ${visibleText(`${input}  ${value === undefined ? "(hidden)" : wordValue(value)}`)}`,
  );
  return ["  its inputs:", ...lines];
}

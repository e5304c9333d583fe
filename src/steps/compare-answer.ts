import {
  compareItems,
  compareJson,
  type Differences,
  type ToleranceAt,
} from "../expectations/compare-json.ts";
import type { CompareWithSchema } from "../expectations/json-schema.ts";
import { parseAnswer } from "../expectations/parse-answer.ts";
import { percentile } from "../expectations/percentile.ts";
import { placeIn } from "../expectations/place.ts";
import type { ExpectationConfig } from "../model/config.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import type { TestFailure } from "../model/test-result.ts";
import { beginningOf, failure, wordDifferences } from "./word-failure.ts";

export type Answer = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly latencyMs: number;
};

export type Expectation = Omit<ExpectationConfig, "pointer">;

/** All that differs between an answer and what was expected of it; empty when it is right. */
export type CompareAnswer = (answer: Answer) => readonly TestFailure[];

const MOST_TOLD = 10;

/** Makes ready to compare answers. What reads JSONPaths and schemas is loaded only where there is one. */
export async function prepareComparison(
  expect: Expectation,
  schema?: SerializableRecord,
): Promise<CompareAnswer> {
  const tools: Tools = {
    toleranceAt: await toleranceOf(expect),
    select: expect.select === undefined ? selectAll : await selectBy(expect.select, mayBeNone(expect)),
    compareWithSchema: schema && (await import("../expectations/json-schema.ts")).compileSchema(schema),
  };
  const isRead = expect.json !== undefined || schema !== undefined;
  return (answer) => [
    ...(answer.status === expect.status
      ? []
      : [failure(`expected status ${expect.status}, got ${answer.status}`, beginningOf(answer.text))]),
    ...compareHeaders(expect.headers, answer.headers),
    ...(expect.contains === undefined || answer.text.includes(expect.contains)
      ? []
      : [failure(`the answer does not contain \`${expect.contains}\``, beginningOf(answer.text))]),
    ...(isRead ? compareContent(expect, answer.text, tools) : []),
  ];
}

/** What of the latencies is over its limit. */
export function compareLatencies(
  limits: Readonly<Record<string, number>>,
  latenciesMs: readonly number[],
): readonly TestFailure[] {
  const count = latenciesMs.length;
  return Object.entries(limits).flatMap(([name, limit]) => {
    const took = percentile(latenciesMs, name === "max" ? 100 : Number(name.slice(1)));
    if (took <= limit) return [];
    const [whose, whom] = count === 1 ? ["an answer", "it"] : [`${name} of ${count} answers`, "it"];
    return [failure(`expected ${whose} in ${limit} ms, ${whom} took ${Math.ceil(took)} ms`)];
  });
}

type Tools = {
  readonly toleranceAt: ToleranceAt;
  readonly select: Select;
  readonly compareWithSchema: CompareWithSchema | undefined;
};

/** What is compared: a value, or a list of values that each have their own place in the answer. */
type Subject = {
  readonly value: Serializable;
  readonly placeOf: (segments: readonly string[]) => string;
  readonly compare: (expected: Serializable, toleranceAt: ToleranceAt) => Differences;
};

type Select = (value: Serializable) => Subject | { readonly reason: string };

const selectAll: Select = (value) => subjectAt(value);

function subjectAt(value: Serializable, place?: string): Subject {
  return {
    value,
    placeOf: (segments) => placeIn(value, segments, place),
    compare: (expected, toleranceAt) => compareJson(expected, value, { toleranceAt, place }),
  };
}

/** An expression that is misspelt picks nothing either: that it is to, has to be said. */
function mayBeNone({ json }: Expectation): boolean {
  return Array.isArray(json) && json.length === 0;
}

async function selectBy(expression: string, canPickNone: boolean): Promise<Select> {
  const { selectNodes } = await import("../expectations/json-path.ts");
  return (value) => {
    const selection = selectNodes(value, expression);
    if (selection === undefined) return { reason: `\`${expression}\` takes too long on the answer` };
    const { nodes, isSingular } = selection;
    const [node] = nodes;
    if (!isSingular && (node !== undefined || canPickNone)) return subjectOfMany(nodes, expression);
    if (node === undefined) return { reason: `\`${expression}\` picks nothing of the answer` };
    return subjectAt(node.value, node.place);
  };
}

type Nodes = readonly { readonly place: string; readonly value: Serializable }[];

function subjectOfMany(nodes: Nodes, expression: string): Subject {
  const value = nodes.map((node) => node.value);
  return {
    value,
    placeOf: ([index, ...rest]) => {
      const node = nodes[Number(index)];
      return node === undefined ? expression : placeIn(node.value, rest, node.place);
    },
    compare: (expected, toleranceAt) =>
      Array.isArray(expected) && expected.length === nodes.length
        ? compareItems(expected, nodes, toleranceAt)
        : compareJson(expected, value, { toleranceAt, place: expression }),
  };
}

async function toleranceOf({ tolerance, json }: Expectation): Promise<ToleranceAt> {
  if (typeof tolerance !== "object") return () => tolerance;
  const { selectNodes } = await import("../expectations/json-path.ts");
  const known = new Map<string, number>();
  for (const [expression, wanted] of Object.entries(tolerance)) {
    const nodes = json === undefined ? [] : (selectNodes(json, expression)?.nodes ?? []);
    for (const { place } of nodes) known.set(place, Math.min(wanted, known.get(place) ?? wanted));
  }
  return (place) => known.get(place);
}

function compareHeaders(
  expected: Readonly<Record<string, string>>,
  actual: Readonly<Record<string, string>>,
): readonly TestFailure[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const got = actual[name.toLowerCase()];
    if (got === value) return [];
    return failure(`expected header \`${name}: ${value}\`, got ${got === undefined ? "none" : `\`${got}\``}`);
  });
}

function compareContent(expect: Expectation, text: string, tools: Tools): readonly TestFailure[] {
  const parsed = parseAnswer(text);
  if ("reason" in parsed) return [failure(parsed.reason, beginningOf(text))];
  const subject = tools.select(parsed.value);
  if ("reason" in subject) return [failure(subject.reason, beginningOf(text))];
  return [
    ...(expect.json === undefined ? [] : wordDifferences(subject.compare(expect.json, tools.toleranceAt))),
    ...(tools.compareWithSchema === undefined ? [] : wordVerdict(tools.compareWithSchema, subject)),
  ];
}

function wordVerdict(compareWithSchema: CompareWithSchema, subject: Subject): readonly TestFailure[] {
  const verdict = compareWithSchema(subject.value, subject.placeOf);
  if (verdict === "late") return [failure("comparing the answer with the schema takes too long")];
  if (verdict === "endless")
    return [failure("the schema leads back to itself, and never reaches a part of the answer")];
  const { faults } = verdict;
  return wordDifferences({ first: faults.slice(0, MOST_TOLD), count: faults.length });
}

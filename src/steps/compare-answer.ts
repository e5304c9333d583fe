import type { TestConfig } from "../model/config.ts";
import type { Serializable } from "../model/serializable.ts";

export type Answer = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly latencyMs: number;
};

/** One thing that is not as expected; `excerpt` shows the answer. */
export type Difference = { readonly message: string; readonly excerpt?: readonly string[] };

const EXCERPT_CHARACTERS = 500;

/** All that differs between an answer and what was expected of it; empty when it is right. */
export function compareAnswer(expect: TestConfig["expect"], answer: Answer): readonly Difference[] {
  const excerpt = [`answered: ${answer.text.slice(0, EXCERPT_CHARACTERS)}`];
  return [
    ...(answer.status === expect.status
      ? []
      : [{ message: `expected status ${expect.status}, got ${answer.status}`, excerpt }]),
    ...compareHeaders(expect.headers, answer.headers),
    ...(expect.contains === undefined || answer.text.includes(expect.contains)
      ? []
      : [{ message: `the answer does not contain \`${expect.contains}\``, excerpt }]),
    ...(expect.json === undefined ? [] : compareJson(expect.json, answer.text, expect.tolerance)),
    ...(expect.maxLatencyMs === undefined || answer.latencyMs <= expect.maxLatencyMs
      ? []
      : [
          {
            message: `expected an answer in ${expect.maxLatencyMs} ms, it took ${Math.ceil(answer.latencyMs)} ms`,
          },
        ]),
  ];
}

function compareHeaders(
  expected: Readonly<Record<string, string>>,
  actual: Readonly<Record<string, string>>,
): readonly Difference[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const got = actual[name.toLowerCase()];
    return got === value
      ? []
      : [
          {
            message: `expected header \`${name}: ${value}\`, got ${got === undefined ? "none" : `\`${got}\``}`,
          },
        ];
  });
}

function compareJson(expected: Serializable, text: string, tolerance: number): readonly Difference[] {
  let actual: Serializable;
  try {
    actual = JSON.parse(text) as Serializable;
  } catch {
    return [
      { message: "the answer is no JSON", excerpt: [`answered: ${text.slice(0, EXCERPT_CHARACTERS)}`] },
    ];
  }
  const difference = findDifference(expected, actual, tolerance, "$");
  return difference === undefined ? [] : [{ message: difference }];
}

/** The first place where two values differ, by JSONPath; numbers may differ by a relative tolerance. */
function findDifference(
  expected: Serializable,
  actual: Serializable | undefined,
  tolerance: number,
  place: string,
): string | undefined {
  if (typeof expected === "number" && typeof actual === "number") {
    return isClose(expected, actual, tolerance) ? undefined : word(place, expected, actual);
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length)
      return `${place}: expected ${expected.length} items, got ${actual.length}`;
    return firstDefined(expected, (item, index) =>
      findDifference(item, actual[index], tolerance, `${place}[${index}]`),
    );
  }
  if (isRecord(expected) && isRecord(actual)) {
    const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
    return firstDefined(names, (name) => compareMember(name, expected, actual, tolerance, place));
  }
  return expected === actual ? undefined : word(place, expected, actual);
}

type Members = { readonly [key: string]: Serializable };

function compareMember(name: string, expected: Members, actual: Members, tolerance: number, place: string) {
  const member = `${place}.${name}`;
  const [wanted, got] = [memberOf(expected, name), memberOf(actual, name)];
  if (wanted === undefined) return `${member}: not expected, got ${JSON.stringify(got)}`;
  return findDifference(wanted, got, tolerance, member);
}

function memberOf(members: Members, name: string): Serializable | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

/** After Python's `math.isclose`, without an absolute tolerance. */
function isClose(expected: number, actual: number, tolerance: number): boolean {
  return Math.abs(expected - actual) <= tolerance * Math.max(Math.abs(expected), Math.abs(actual));
}

function word(place: string, expected: Serializable, actual: Serializable | undefined): string {
  return `${place}: expected ${JSON.stringify(expected)}, got ${actual === undefined ? "nothing" : JSON.stringify(actual)}`;
}

function isRecord(value: Serializable | undefined): value is Members {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function firstDefined<T, R>(
  items: readonly T[],
  find: (item: T, index: number) => R | undefined,
): R | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

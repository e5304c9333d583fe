import type { Serializable } from "../model/serializable.ts";
import { placeBelow, ROOT, showValue } from "./place.ts";

/**
 * By how much a number may differ that stands at a place of what is expected, relative to the greater of both; undefined
 * where nothing is said.
 */
export type ToleranceAt = (place: string) => number | undefined;

/** Where nothing is said, and one of both is no integer. */
const DEFAULT_TOLERANCE = 1e-9;

/** The beginning of all that differs, each with its place in the answer, and how many there are. */
export type Differences = { readonly first: readonly string[]; readonly count: number };

const MOST_TOLD = 10;

type Comparison = { readonly toleranceAt: ToleranceAt; readonly told: string[]; count: number };

/** Where one value stands in what is expected, and where the other does in the answer. */
type Places = { readonly wanted: string; readonly got: string };

/** All places where two values differ; `place` is where the actual one stands in the answer. */
export function compareJson(
  expected: Serializable,
  actual: Serializable,
  { toleranceAt, place = ROOT }: { readonly toleranceAt: ToleranceAt; readonly place?: string | undefined },
): Differences {
  return compareEach([{ expected, actual, places: { wanted: ROOT, got: place } }], toleranceAt);
}

/** The same for the items of a list, each of which has its own place in the answer. */
export function compareItems(
  expected: readonly Serializable[],
  nodes: readonly { readonly place: string; readonly value: Serializable }[],
  toleranceAt: ToleranceAt,
): Differences {
  const pairs = nodes.map(({ place, value }, index) => ({
    expected: expected[index] as Serializable,
    actual: value,
    places: { wanted: placeBelow(ROOT, index), got: place },
  }));
  return compareEach(pairs, toleranceAt);
}

type Pair = { readonly expected: Serializable; readonly actual: Serializable; readonly places: Places };

function compareEach(pairs: readonly Pair[], toleranceAt: ToleranceAt): Differences {
  const comparison: Comparison = { toleranceAt, told: [], count: 0 };
  for (const { expected, actual, places } of pairs) compare(expected, actual, places, comparison);
  return { first: comparison.told, count: comparison.count };
}

function compare(
  expected: Serializable,
  actual: Serializable | undefined,
  places: Places,
  comparison: Comparison,
): void {
  if (typeof expected === "number" && typeof actual === "number") {
    if (isClose(expected, actual, comparison.toleranceAt(places.wanted))) return;
  } else if (isList(expected) && isList(actual)) {
    compareLists(expected, actual, places, comparison);
    return;
  } else if (isRecord(expected) && isRecord(actual)) {
    compareRecords(expected, actual, places, comparison);
    return;
  } else if (expected === actual) return;
  const words = `${places.got}: expected ${showValue(expected)}, got ${showValue(actual)}`;
  tell(comparison, isFractionForZero(expected, actual) ? `${words} (${ONLY_ZERO})` : words);
}

function compareLists(
  expected: readonly Serializable[],
  actual: readonly Serializable[],
  places: Places,
  comparison: Comparison,
): void {
  if (expected.length !== actual.length) {
    tell(comparison, `${places.got}: expected ${expected.length} items, got ${actual.length}`);
    return;
  }
  for (const [index, item] of expected.entries())
    compare(item, actual[index], below(places, index), comparison);
}

function compareRecords(expected: Members, actual: Members, places: Places, comparison: Comparison): void {
  for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const [wanted, got] = [memberOf(expected, name), memberOf(actual, name)];
    const member = below(places, name);
    if (wanted === undefined) tell(comparison, `${member.got}: not expected, got ${showValue(got)}`);
    else compare(wanted, got, member, comparison);
  }
}

function tell(comparison: Comparison, text: string): void {
  comparison.count += 1;
  if (comparison.count <= MOST_TOLD) comparison.told.push(text);
}

function below({ wanted, got }: Places, segment: string | number): Places {
  return { wanted: placeBelow(wanted, segment), got: placeBelow(got, segment) };
}

type Members = { readonly [key: string]: Serializable };

function memberOf(members: Members, name: string): Serializable | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

const ONLY_ZERO = "a tolerance is relative: only 0 is near 0";

function isFractionForZero(expected: Serializable, actual: Serializable | undefined): boolean {
  return expected === 0 && typeof actual === "number" && !Number.isInteger(actual);
}

/** After Python's `math.isclose`, without an absolute tolerance. Integers are ids and labels, until a tolerance is given. */
function isClose(expected: number, actual: number, given: number | undefined): boolean {
  if (expected === actual) return true;
  if (![expected, actual].every(Number.isFinite)) return false;
  if (given === undefined && [expected, actual].every(Number.isInteger)) return false;
  const tolerance = given ?? DEFAULT_TOLERANCE;
  return Math.abs(expected - actual) <= tolerance * Math.max(Math.abs(expected), Math.abs(actual));
}

function isList(value: Serializable | undefined): value is readonly Serializable[] {
  return Array.isArray(value);
}

function isRecord(value: Serializable | undefined): value is Members {
  return value !== null && typeof value === "object" && !isList(value);
}

import { canonicalJson } from "../../model/digest.ts";
import type { Serializable, SerializableRecord } from "../../model/serializable.ts";
import { alignLists } from "./align-lists.ts";
import { cutEither, type ValueDifference } from "./difference.ts";

/** A value that may not be there. */
type Maybe = Serializable | undefined;

/**
 * What differs in two values, each by its JSON pointer below the given one. Of lists, what both have stays together, so
 * that one thing more in the middle is one difference. Recursive: who calls it knows how deep the values are.
 */
export function compareValues(first: Maybe, second: Maybe, pointer = ""): readonly ValueDifference[] {
  if (first === undefined || second === undefined)
    return first === second ? [] : [differenceOf(first, second, pointer)];
  if (isList(first) && isList(second)) return compareLists(first, second, pointer);
  if (isRecord(first) && isRecord(second)) return compareRecords(first, second, pointer);
  return canonicalJson(first) === canonicalJson(second) ? [] : [differenceOf(first, second, pointer)];
}

function differenceOf(first: Maybe, second: Maybe, pointer: string): ValueDifference {
  const texts = [first, second].map((value) => (value === undefined ? undefined : JSON.stringify(value)));
  return { what: "value", pointer, ...cutEither(texts[0], texts[1]) };
}

function compareLists(
  first: readonly Serializable[],
  second: readonly Serializable[],
  pointer: string,
): readonly ValueDifference[] {
  return alignLists(first, second, [canonicalJson]).flatMap((aligned) => {
    const [a, b] = [
      aligned.first === undefined ? undefined : first[aligned.first],
      aligned.second === undefined ? undefined : second[aligned.second],
    ];
    return compareValues(a, b, `${pointer}/${aligned.first ?? aligned.second}`);
  });
}

function compareRecords(
  first: SerializableRecord,
  second: SerializableRecord,
  pointer: string,
): readonly ValueDifference[] {
  const names = new Set([...Object.keys(first), ...Object.keys(second)]);
  return [...names].flatMap((name) =>
    compareValues(ownValue(first, name), ownValue(second, name), `${pointer}/${escaped(name)}`),
  );
}

/** Only its own: a name may be that of what every object has. */
function ownValue(record: SerializableRecord, name: string): Maybe {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

function isList(value: Serializable): value is readonly Serializable[] {
  return Array.isArray(value);
}

function isRecord(value: Serializable): value is SerializableRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

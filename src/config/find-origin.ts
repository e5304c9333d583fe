import { locate, parentPointer, segmentsOf } from "../document/locate.ts";
import type { Document } from "../model/document.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import { createPositions, type SourceFile } from "../model/text-range.ts";
import type { Interpolation, PutIn } from "./interpolate.ts";
import { ruleAt } from "./merge-rules.ts";

/** What is known of where the values of a configuration come from, by their pointers in it. */
export type Origins = {
  /** In words: `prod.yaml:3:9`, with the profile and the variables if there are any, `--set`, or `default`. */
  readonly wordsOf: (pointer: string) => string;
  /** What variables have put into the text that a value was read from. */
  readonly putInto: (pointer: string) => readonly PutIn[];
};

export function createOrigins(document: Document, changed: Interpolation["changed"]): Origins {
  const positions = new Map<SourceFile, ReturnType<typeof createPositions>>();
  const positionIn = (file: SourceFile, offset: number) => {
    const positionOf = positions.get(file) ?? createPositions(file.text);
    positions.set(file, positionOf);
    return positionOf(offset);
  };
  const putInto = (pointer: string) => changed.get(findWritten(document, pointer) ?? "") ?? [];
  return { wordsOf, putInto };

  function wordsOf(pointer: string): string {
    const written = findWritten(document, pointer);
    if (written === undefined) return "default";
    const { file, range } = locate(document, written);
    const { line, column } = positionIn(file, range.start);
    const profile = document.ranges.get(written)?.profile;
    const place = file.path.startsWith("--")
      ? `${file.path} ${setKey(file.text)}`
      : `${file.path}:${line}:${column}`;
    const used = putInto(pointer).map(({ name, isDefault }) =>
      isDefault ? `the default for ${name}` : name,
    );
    const variables = [...new Set(used)];
    return [
      place,
      ...(profile === undefined ? [] : [`profile ${profile}`]),
      ...(variables.length === 0 ? [] : [`from ${variables.join(" and ")}`]),
    ].join(", ");
  }
}

function setKey(argument: string): string {
  return argument.replace(/=.*$/s, "");
}

/** The pointer that the file has for a value: of what is short for a mapping, that of the short form. */
function findWritten(document: Document, pointer: string): string | undefined {
  if (document.ranges.has(pointer)) return pointer;
  const parent = parentPointer(pointer);
  const short = valueAt(document.value, parent);
  if (pointer === "" || !document.ranges.has(parent) || typeof short === "object") return undefined;
  const { shortFor = segmentsOf(pointer).at(-1) } = ruleAt(parent);
  return shortFor === segmentsOf(pointer).at(-1) ? parent : undefined;
}

function valueAt(value: Serializable, pointer: string): Serializable | undefined {
  return segmentsOf(pointer).reduce<Serializable | undefined>(
    (inner, key) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, key)
        ? (inner as SerializableRecord)[key]
        : undefined,
    value,
  );
}

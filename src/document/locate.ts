import type { Document, NodeRanges } from "../model/document.ts";
import type { Location } from "../model/text-range.ts";

/** The place of a key or a value; of the nearest ancestor that the file has, where a default stands at the pointer. */
export function locate(document: Document, pointer: string, part: "key" | "value" = "value"): Location {
  const ranges = document.ranges.get(pointer);
  if (ranges === undefined)
    return pointer === "" ? start(document) : locate(document, parentPointer(pointer));
  return { file: ranges.file ?? document.file, range: rangeOf(ranges, part) };
}

/** The pointer of a member: `pointerTo("/models", 0, "name")` is `/models/0/name`. */
export function pointerTo(parent: string, ...segments: readonly (string | number)[]): string {
  let pointer = parent;
  for (const segment of segments) pointer += `/${escapeSegment(String(segment))}`;
  return pointer;
}

function escapeSegment(segment: string): string {
  return /[~/]/.test(segment) ? segment.replaceAll("~", "~0").replaceAll("/", "~1") : segment;
}

/** The unescaped segments of a pointer. */
export function segmentsOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function parentPointer(pointer: string): string {
  return pointer.slice(0, pointer.lastIndexOf("/"));
}

function rangeOf(ranges: NodeRanges, part: "key" | "value") {
  return part === "key" ? (ranges.key ?? ranges.value) : ranges.value;
}

function start(document: Document): Location {
  return { file: document.file, range: { start: 0, end: 0 } };
}

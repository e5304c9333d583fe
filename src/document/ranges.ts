import {
  COLLECTION_STYLE,
  type MappingEvent,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
} from "js-yaml";
import type { TextRange } from "../model/text-range.ts";

/** Where a scalar stands, quotes included; undefined for a value that is not written at all. */
export function scalarRange(text: string, event: ScalarEvent): TextRange | undefined {
  const { valueStart: start, valueEnd: end, style } = event;
  if (start < 0) return undefined;
  if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED) {
    return { start: start - 1, end: end + 1 };
  }
  return style === SCALAR_STYLE.PLAIN ? { start, end } : trimmed(text, { start, end });
}

/** A collection in brackets ends with its bracket, any other one with its last node. */
export function closingEnd(
  last: { readonly text: string; readonly end: number },
  event: SequenceEvent | MappingEvent,
): number {
  if (event.style !== COLLECTION_STYLE.FLOW) return last.end;
  const opening = last.text[event.start];
  if (opening !== "[" && opening !== "{") return last.end;
  const rest = /(?:#[^\n]*|[^#\]}])*[\]}]/y;
  rest.lastIndex = Math.max(last.end, event.start + 1);
  return rest.test(last.text) ? rest.lastIndex : last.end;
}

/** The dash of an item without a value, after `end`. */
export function emptyItemRange(text: string, end: number): TextRange {
  const dash = text[end] === "-" ? end : end + Math.max(0, text.slice(end).search(/(?<=\n[ \t]*)-/));
  return { start: dash, end: Math.min(dash + 1, text.length) };
}

function trimmed(text: string, { start, end }: TextRange): TextRange {
  const written = text.slice(start, end);
  const first = start + (written.length - written.trimStart().length);
  return {
    start: Math.min(first, end),
    end: Math.max(start + written.trimEnd().length, Math.min(first, end)),
  };
}

/** The bytes from `start` on, up to and without `end`. */
export type Known = { readonly start: number; readonly end: number };

/** Spans in order, of which none touches the next: all that lies in any of those given. */
export function joinSpans(spans: readonly Known[]): readonly Known[] {
  const joined: { start: number; end: number }[] = [];
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (start >= end) continue;
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else joined.push({ start, end });
  }
  return joined;
}

/** What of so many bytes is in none of the spans, in pieces of no more than so many bytes each. */
export function missingSpans(size: number, spans: readonly Known[], mostBytes: number): readonly Known[] {
  const missing: Known[] = [];
  let at = 0;
  for (const { start, end } of [...joinSpans(spans), { start: size, end: size }]) {
    for (; at < start; at += mostBytes) missing.push({ start: at, end: Math.min(at + mostBytes, start) });
    at = Math.max(end, 0);
  }
  return missing;
}

/** How many bytes there are from the beginning on without a gap. */
export function settledBytes(spans: readonly Known[]): number {
  const [first] = joinSpans(spans);
  return first?.start === 0 ? first.end : 0;
}

import type { EntryDifference, FirstDifference, FramingDifference, LayerDifference } from "./difference.ts";
import { compareEntries, type EntryPair, hasOtherContent, isPair, pairEntries } from "./entries.ts";
import { findFirstDifference } from "./find-first-difference.ts";
import { checkLayer, type Entry, readEntries, readFiles, type UnreadLayer } from "./read-layer.ts";

/** Of so many files of a layer it is told where they begin to differ. */
const MOST_LOCATED = 20;

/**
 * How two layers with other digests differ: at least one way. Both are read once for their entries, and what differs is
 * read again; no content is held. Rejects with what `word` makes of layers that are broken.
 */
export async function compareLayers(
  first: UnreadLayer,
  second: UnreadLayer,
): Promise<readonly (EntryDifference | LayerDifference | FramingDifference)[]> {
  if (first.layer.diffId === second.layer.diffId) {
    for (const unread of [first, second]) await checkLayer(unread);
    return [{ what: "compression", first: describe(first), second: describe(second) }];
  }
  const paired = pairEntries(await readEntries(first), await readEntries(second));
  const others = paired.all.filter(isPair).filter(hasOtherContent).slice(0, MOST_LOCATED);
  const differences = compareEntries(paired, await locate(others, first, second));
  return differences.length > 0 ? differences : [{ what: "framing" }];
}

function describe({ layer: { mediaType, digest, size } }: UnreadLayer) {
  return { mediaType, digest, size };
}

/** Where the contents of pairs begin to differ, by the first of each. */
async function locate(
  pairs: readonly EntryPair[],
  first: UnreadLayer,
  second: UnreadLayer,
): Promise<ReadonlyMap<Entry, FirstDifference>> {
  const found = new Map<Entry, FirstDifference>();
  for (let left = pairs; left.length > 0; ) {
    const { now, later } = splitByOrder(left);
    await locateInOneReading(now, [first, second], found);
    left = later;
  }
  return found;
}

type Split = { readonly now: readonly EntryPair[]; readonly later: readonly EntryPair[] };

/** What comes in the same order on both sides can be found while each is read once. */
function splitByOrder(pairs: readonly EntryPair[]): Split {
  const [now, later]: [EntryPair[], EntryPair[]] = [[], []];
  for (const pair of pairs) {
    const isNext = pair.second.order > (now.at(-1)?.second.order ?? -1);
    (isNext ? now : later).push(pair);
  }
  return { now, later };
}

async function locateInOneReading(
  pairs: readonly EntryPair[],
  [first, second]: readonly [UnreadLayer, UnreadLayer],
  found: Map<Entry, FirstDifference>,
): Promise<void> {
  const inFirst = readFiles(first, new Set(pairs.map((pair) => pair.first.order)));
  const inSecond = readFiles(second, new Set(pairs.map((pair) => pair.second.order)));
  try {
    for (const pair of pairs) {
      const [a, b] = [await inFirst.next(), await inSecond.next()];
      if (a.done || b.done) return;
      const difference = await findFirstDifference(a.value.chunks, b.value.chunks);
      if (difference !== undefined) found.set(pair.first, difference);
    }
  } finally {
    await inFirst.return(undefined);
    await inSecond.return(undefined);
  }
}

import {
  cutBoth,
  cutEither,
  type EntryDifference,
  type FirstDifference,
  type LayerDifference,
} from "./difference.ts";
import type { Entry } from "./read-layer.ts";

/** An entry of each side that has the same path. */
export type EntryPair = { readonly first: Entry; readonly second: Entry };

/** The entries of a layer beside those of another. */
export type PairedEntries = {
  /** In the order of the first. */
  readonly all: readonly (EntryPair | { readonly first: Entry; readonly second?: undefined })[];
  /** What only the second has. */
  readonly extra: readonly Entry[];
};

/** A path may be in a layer more than once: then the first belongs to the first, and so on. */
export function pairEntries(first: readonly Entry[], second: readonly Entry[]): PairedEntries {
  const waiting = new Map<string, Entry[]>();
  for (const entry of second.toReversed()) {
    const same = waiting.get(entry.path);
    if (same === undefined) waiting.set(entry.path, [entry]);
    else same.push(entry);
  }
  const all = first.map((entry) => {
    const twin = waiting.get(entry.path)?.pop();
    return twin === undefined ? { first: entry } : { first: entry, second: twin };
  });
  const paired = new Set(all.map((pair) => pair.second));
  return { all, extra: second.filter((entry) => !paired.has(entry)) };
}

export function isPair(pair: PairedEntries["all"][number]): pair is EntryPair {
  return pair.second !== undefined;
}

/** Whether both are files, of other bytes. */
export function hasOtherContent({ first, second }: EntryPair): boolean {
  return first.type === second.type && first.content?.digest !== second.content?.digest;
}

/** `found` says of some pairs where their contents begin to differ, by the first of them. */
export function compareEntries(
  { all, extra }: PairedEntries,
  found: ReadonlyMap<Entry, FirstDifference>,
): readonly (EntryDifference | LayerDifference)[] {
  return [
    ...all.flatMap((pair) =>
      isPair(pair)
        ? comparePair(pair, found.get(pair.first))
        : [{ what: "missing", path: pair.first.path } as const],
    ),
    ...extra.map(({ path }) => ({ what: "extra", path }) as const),
    ...compareOrder(all.filter(isPair)),
  ];
}

function comparePair(pair: EntryPair, at: FirstDifference | undefined): readonly EntryDifference[] {
  const { first, second } = pair;
  const { path } = first;
  const texts = (what: "type" | "mode" | "owner" | "size" | "link target", a: unknown, b: unknown) =>
    a === b ? [] : [{ what, path, ...cutBoth(String(a), String(b)) } as const];
  const named = (what: "time" | "extended attributes", a: Texts, b: Texts) =>
    namesOf(a, b).map(
      (name) => ({ what, path, name, ...cutEither(textOf(a, name), textOf(b, name)) }) as const,
    );
  const isSameType = first.type === second.type;
  return [
    ...texts("type", first.type, second.type),
    ...texts("mode", first.mode, second.mode),
    ...texts("owner", first.owner, second.owner),
    ...named("time", first.times, second.times),
    ...(isSameType ? texts("size", first.content?.size, second.content?.size) : []),
    ...(hasOtherContent(pair) ? [{ what: "content", path, ...(at && { at }) } as const] : []),
    ...(isSameType ? texts("link target", first.target, second.target) : []),
    ...named("extended attributes", first.attributes, second.attributes),
  ];
}

type Texts = Readonly<Record<string, string>>;

/** The names of texts that differ, or that one side does not have. */
function namesOf(first: Texts, second: Texts): readonly string[] {
  const names = new Set([...Object.keys(first), ...Object.keys(second)]);
  return [...names].filter((name) => textOf(first, name) !== textOf(second, name));
}

/** Only its own: a name may be that of what every object has. */
function textOf(texts: Texts, name: string): string | undefined {
  return Object.hasOwn(texts, name) ? texts[name] : undefined;
}

function compareOrder(pairs: readonly EntryPair[]): readonly LayerDifference[] {
  const asInSecond = pairs.toSorted((a, b) => a.second.order - b.second.order);
  const index = pairs.findIndex((pair, place) => pair !== asInSecond[place]);
  const [had, has] = [pairs[index], asInSecond[index]];
  if (had === undefined || has === undefined) return [];
  return [{ what: "order", first: had.first.path, second: has.first.path }];
}

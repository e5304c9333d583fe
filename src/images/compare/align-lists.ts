/** Two places that belong together, or one that has nothing on the other side. */
export type Aligned =
  | { readonly first: number; readonly second: number }
  | { readonly first: number; readonly second?: undefined }
  | { readonly first?: undefined; readonly second: number };

type KeyOf<T> = (one: T) => string;

/** What is compared with what costs the product of two lengths; longer lists are compared by their places alone. */
const MOST_CELLS = 1 << 20;

/**
 * Two lists side by side: what has an equal first key stays together (as a longest common subsequence), between these
 * what has an equal second key, and so on, and the rest by its place.
 */
export function alignLists<T>(
  first: readonly T[],
  second: readonly T[],
  keys: readonly KeyOf<T>[],
): readonly Aligned[] {
  const [keyOf, ...others] = keys;
  if (keyOf === undefined) return alignByPlace(first.length, second.length);
  const aligned: Aligned[] = [];
  let [a, b] = [0, 0];
  const end = [first.length, second.length] as const;
  for (const [nextA, nextB] of [...findCommon(first.map(keyOf), second.map(keyOf)), end]) {
    const between = alignLists(first.slice(a, nextA), second.slice(b, nextB), others);
    for (const gap of between) aligned.push(shift(gap, a, b));
    if (nextA < first.length && nextB < second.length) aligned.push({ first: nextA, second: nextB });
    [a, b] = [nextA + 1, nextB + 1];
  }
  return aligned;
}

function shift({ first, second }: Aligned, byFirst: number, bySecond: number): Aligned {
  if (first === undefined) return { second: second + bySecond };
  return second === undefined
    ? { first: first + byFirst }
    : { first: first + byFirst, second: second + bySecond };
}

function alignByPlace(first: number, second: number): readonly Aligned[] {
  return Array.from({ length: Math.max(first, second) }, (_, place): Aligned => {
    if (place >= second) return { first: place };
    return place >= first ? { second: place } : { first: place, second: place };
  });
}

type PlacePair = readonly [first: number, second: number];

/** The places of a longest common subsequence: the same beginning, the same end, and what is found between them. */
function findCommon(first: readonly string[], second: readonly string[]): readonly PlacePair[] {
  const most = Math.min(first.length, second.length);
  let before = 0;
  while (before < most && first[before] === second[before]) before++;
  let after = 0;
  while (after < most - before && first.at(-1 - after) === second.at(-1 - after)) after++;
  const [a, b] = [first.slice(before, first.length - after), second.slice(before, second.length - after)];
  const between = a.length * b.length > MOST_CELLS ? [] : findBetween(a, b);
  return [
    ...Array.from({ length: before }, (_, place): PlacePair => [place, place]),
    ...between.map(([i, j]): PlacePair => [i + before, j + before]),
    ...Array.from(
      { length: after },
      (_, place): PlacePair => [first.length - after + place, second.length - after + place],
    ),
  ];
}

function findBetween(first: readonly string[], second: readonly string[]): readonly PlacePair[] {
  const width = second.length + 1;
  // The length of what is common to the ends of both lists, from each pair of places on.
  const lengths = new Uint32Array((first.length + 1) * width);
  const lengthAt = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = first.length - 1; i >= 0; i--) {
    for (let j = second.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        first[i] === second[j]
          ? lengthAt(i + 1, j + 1) + 1
          : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
    }
  }
  const found: PlacePair[] = [];
  for (let [i, j] = [0, 0]; i < first.length && j < second.length; ) {
    if (first[i] === second[j]) found.push([i++, j++]);
    else if (lengthAt(i + 1, j) >= lengthAt(i, j + 1)) i++;
    else j++;
  }
  return found;
}

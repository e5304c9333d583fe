/** Forms that begin with the same character, in the order of their code units. */
type Bucket = {
  readonly forms: readonly string[];
  /** For each form where the longest other is that it begins with; -1 where there is none. */
  readonly beginnings: readonly number[];
};

/** What a text may be at one place. */
export type FoundForm = {
  /** How long the longest form is that is there; 0 where none is. */
  readonly length: number;
  /** Whether the text ends there in the middle of a form. */
  readonly isBeginning: boolean;
};

const NOTHING: FoundForm = { length: 0, isBeginning: false };

/**
 * Finds which of many forms is at a place of a text. A secret of many lines has ten thousands of them, so that only
 * those with the right first character are looked at, by halving.
 */
export function findForms(forms: readonly string[]): (text: string, place: number) => FoundForm {
  const buckets = new Map<string, string[]>();
  for (const form of [...new Set(forms)].sort()) {
    const first = form.charAt(0);
    if (first === "") continue;
    const bucket = buckets.get(first) ?? [];
    buckets.set(first, bucket);
    bucket.push(form);
  }
  const indexed = new Map([...buckets].map(([first, sorted]) => [first, createBucket(sorted)]));
  return (text, place) => {
    const bucket = indexed.get(text.charAt(place));
    return bucket === undefined ? NOTHING : findIn(bucket, text.slice(place));
  };
}

function createBucket(forms: readonly string[]): Bucket {
  const beginnings: number[] = [];
  for (const [index, form] of forms.entries())
    beginnings.push(longestIn({ forms, beginnings }, index - 1, form));
  return { forms, beginnings };
}

/** Whatever a text begins with is, of the forms that come before it, the last one or what that begins with. */
function longestIn({ forms, beginnings }: Bucket, last: number, text: string): number {
  let index = last;
  while (index >= 0 && !text.startsWith(forms[index] ?? "")) index = beginnings[index] ?? -1;
  return index;
}

function findIn(bucket: Bucket, text: string): FoundForm {
  const after = countUpTo(bucket.forms, text);
  const index = longestIn(bucket, after - 1, text);
  return {
    length: bucket.forms[index]?.length ?? 0,
    isBeginning: bucket.forms[after]?.startsWith(text) === true,
  };
}

/** How many of the sorted forms do not come after the text. */
function countUpTo(forms: readonly string[], text: string): number {
  let low = 0;
  let high = forms.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((forms[middle] ?? "") <= text) low = middle + 1;
    else high = middle;
  }
  return low;
}

import { mayBe } from "../model/python-versions.ts";

/** What a base image of Python's own has, the default first. */
const RELEASES: readonly (readonly [number, number])[] = [
  [3, 12],
  [3, 13],
  [3, 11],
  [3, 10],
  [3, 9],
  [3, 14],
  [3, 8],
];

/** The Python of the base image, where it cannot be the default. `versions` is as PEP 440 says it. */
export function choosePython(versions: string): string | undefined {
  const release = RELEASES.find((one) => mayBe(versions, one));
  return release === undefined || release === RELEASES[0] ? undefined : release.join(".");
}

/** The last Python that wheels of a version of scikit-learn are for, where it is not the default or a later one. */
const LAST_PYTHON: readonly (readonly [below: string, python: string])[] = [
  ["0.24", "==3.8"],
  ["1.0.2", "==3.9"],
  ["1.1.3", "==3.10"],
  ["1.3.1", "==3.11"],
];

/** Below it, its wheels are for the first NumPy. */
const FIRST_WITH_NUMPY_2 = "1.4.2";

/** What a pickle of scikit-learn needs that was made with a version, by pip's requirements and the versions of Python. */
export function needsOfSklearn(version: string | undefined): {
  readonly requirements: readonly string[];
  readonly python?: string;
} {
  if (version === undefined) return { requirements: ["scikit-learn"] };
  const [, python] = LAST_PYTHON.find(([below]) => isBelow(version, below)) ?? [];
  const isOld = isBelow(version, FIRST_WITH_NUMPY_2);
  return {
    requirements: [`scikit-learn==${version}`, ...(isOld ? ["numpy<2"] : [])],
    ...(python !== undefined && { python }),
  };
}

function isBelow(version: string, other: string): boolean {
  const [numbers, others] = [version, other].map((text) =>
    text.split(".").map((word) => Number.parseInt(word, 10)),
  );
  const at = [0, 1, 2].find((index) => (numbers?.[index] ?? 0) !== (others?.[index] ?? 0));
  return at !== undefined && (numbers?.[at] ?? 0) < (others?.[at] ?? 0);
}

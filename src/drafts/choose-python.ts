import { mayBe } from "../model/python-versions.ts";
import type { WantedPython } from "./needs.ts";

type Release = readonly [major: number, minor: number];

/** What a base image of Python's own has, the default first. */
const RELEASES: readonly [Release, ...Release[]] = [
  [3, 12],
  [3, 13],
  [3, 11],
  [3, 10],
  [3, 9],
  [3, 14],
  [3, 8],
];

export type ChosenPython = {
  /** The two numbers of the base image's, where it cannot be the default. */
  readonly version?: string;
  /** Why. */
  readonly comments: readonly string[];
  readonly toDo: readonly string[];
};

/** The Python that all of them allow, else the first that one of them allows. */
export function choosePython(wanted: readonly WantedPython[]): ChosenPython {
  const [standard] = RELEASES;
  const all = wanted.map(({ versions }) => versions).join(",");
  const tried = [all, ...wanted.map(({ versions }) => versions)];
  const found = tried.map((versions) => RELEASES.find((one) => mayBe(versions, one)));
  const chosen = found.find((one) => one !== undefined) ?? standard;
  const others = wanted.filter(({ versions }) => !mayBe(versions, chosen));
  const version = chosen.join(".");
  return {
    ...(chosen !== standard && { version }),
    comments: wanted.filter((one) => !mayBe(one.versions, standard) && !others.includes(one)).map(whyOf),
    toDo: others.map(
      (one) =>
        `see whether Python ${version} will do, or name another \`base_image\`: ${whyOf(one).replace(/\.$/, "")}`,
    ),
  };
}

function whyOf({ why }: WantedPython): string {
  return why;
}

/** The Pythons that wheels of a version of scikit-learn are for, where the default is none of them. */
const LAST_PYTHON: readonly (readonly [below: string, python: string])[] = [
  ["0.24", "<3.9"],
  ["1.0.2", "<3.10"],
  ["1.1.3", "<3.11"],
  ["1.3.1", "<3.12"],
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

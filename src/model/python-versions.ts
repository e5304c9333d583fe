import { type Diagnostic, errorDiagnostic } from "./diagnostic.ts";

/** A comparison of PEP 440 with a release of Python; `*` at the end makes it one with all that begin so. */
type Clause = { readonly operator: string; readonly numbers: readonly number[]; readonly isPrefix: boolean };

const CLAUSE = /^(===?|~=|!=|<=|>=|<|>)(\d+(?:\.\d+){0,2})(\.\*)?$/;

/** What cannot be read, such as a release candidate, says nothing. */
function clausesOf(versions: string): readonly Clause[] {
  return versions.split(",").flatMap((text): readonly Clause[] => {
    const [, operator, release = "", star] = CLAUSE.exec(text.replace(/\s+/g, "")) ?? [];
    if (operator === undefined) return [];
    const numbers = release.split(".").map(Number);
    if (operator === "~=")
      return [
        { operator: ">=", numbers, isPrefix: false },
        { operator: "==", numbers: numbers.slice(0, -1), isPrefix: true },
      ];
    // `==3.11` is hardly ever meant to leave 3.11.1 out.
    const isEqual = operator.startsWith("==");
    return [{ operator: isEqual ? "==" : operator, numbers, isPrefix: star !== undefined || isEqual }];
  });
}

/** Whether a Python of which the first two numbers are known may be one of these versions. */
export function mayBe(versions: string, [major, minor]: readonly [number, number]): boolean {
  const releases = Array.from({ length: 100 }, (_one, patch) => [major, minor, patch]);
  const clauses = clausesOf(versions);
  return releases.some((release) => clauses.every((clause) => holds(clause, release)));
}

function holds({ operator, numbers, isPrefix }: Clause, release: readonly number[]): boolean {
  const length = isPrefix ? numbers.length : 3;
  const order = compare(release.slice(0, length), numbers);
  switch (operator) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order < 0;
  }
}

function compare(one: readonly number[], other: readonly number[]): number {
  const differing = one.findIndex((number, index) => number !== (other[index] ?? 0));
  return differing === -1 ? 0 : (one[differing] ?? 0) - (other[differing] ?? 0);
}

/** The same question as an expression of Python's own. */
export function asPythonExpression(versions: string): string {
  const comparisons = clausesOf(versions).map(({ operator, numbers, isPrefix }) => {
    const length = isPrefix ? numbers.length : 3;
    const padded = [...numbers, 0, 0].slice(0, length);
    return `sys.version_info[:${length}] ${operator} (${padded.join(", ")},)`;
  });
  return comparisons.length === 0 ? "True" : comparisons.join(" and ");
}

/** The place is known to who asks. */
export function wordOtherPython(versions: string, found: string, path: string): Diagnostic {
  const [, wanted] = /(?:==|>=|~=)(\d+\.\d+)/.exec(versions) ?? [];
  const image = wanted === undefined ? "" : `, such as \`python:${wanted}-slim\``;
  return errorDiagnostic(
    "requirements/other-python",
    `\`${path}\` needs Python ${versions}, but the base image has ${found}`,
    { hint: `write a \`base_image\` that has it${image}` },
  );
}

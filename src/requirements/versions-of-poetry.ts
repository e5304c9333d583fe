import { parseVersions } from "./requirement.ts";

/** More than anybody's constraint. */
const LONGEST = 2_000;

/** A constraint as poetry writes it (`^1.2`, `~1.2`, `1.*`, `>=1,<2`), as PEP 440 has it; undefined where it has none. */
export function versionsOfPoetry(text: string): string | undefined {
  if (text.length > LONGEST || text.includes("|")) return undefined;
  const clauses = text
    .split(/\s*,\s*|(?<=[0-9*])\s+(?=[\^~=!<>])/)
    .map((clause) => clause.trim())
    .filter((clause) => clause !== "");
  const converted = clauses.map(convert);
  if (converted.includes(undefined)) return undefined;
  return parseVersions(converted.filter((clause) => clause !== "").join(","));
}

const RELEASE = /^([~^])\s*v?(\d+(?:\.\d+)*)((?:[._-]?(?:alpha|beta|dev|post|rc|a|b)(?:\.?\d+)?)*)$/;

function convert(clause: string): string | undefined {
  if (clause === "*") return "";
  const [, sign, release = "", suffix = ""] = RELEASE.exec(clause) ?? [];
  if (sign !== undefined) {
    const numbers = release.split(".").map(Number);
    const kept = sign === "~" ? Math.min(numbers.length, 2) : caretLength(numbers);
    const upper = [...numbers.slice(0, kept - 1), (numbers[kept - 1] ?? 0) + 1];
    return `>=${release}${suffix},<${upper.join(".")}`;
  }
  if (/^\d+(\.\d+)*\.\*$/.test(clause)) return `==${clause}`;
  return /^v?\d/.test(clause) ? `==${clause}` : clause;
}

/** How many numbers `^` holds: up to the first that is not zero, or all that are written. */
function caretLength(numbers: readonly number[]): number {
  const first = numbers.findIndex((number) => number !== 0);
  return first === -1 ? numbers.length : first + 1;
}

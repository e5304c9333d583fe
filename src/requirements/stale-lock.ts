import { type Diagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { FormatName } from "./formats.ts";
import { BadShape, listOf, memberOf, type Placed, recordOf, recordsOf, textOf } from "./placed.ts";
import { contentHashes } from "./poetry-content-hash.ts";
import { projectOf } from "./read-pyproject.ts";
import { packagesOf, rootOf } from "./read-uv-lock.ts";
import { parseRequirement } from "./requirement.ts";

/** Where it can be seen that a lock does not answer the project it lies beside, which may itself be anything. */
export function warnOfStaleLock(
  format: FormatName,
  data: Placed,
  project: Placed | undefined,
): readonly Diagnostic[] {
  if (project === undefined) return [];
  try {
    return format === "poetry.lock" ? warnOfPoetry(data, project) : warnOfUv(data, project);
  } catch (error) {
    if (error instanceof BadShape) return [];
    throw error;
  }
}

/** uv keeps no hash of the project; what is asked for and was never locked shows. */
function warnOfUv(data: Placed, project: Placed): readonly Diagnostic[] {
  const root = rootOf(packagesOf(data));
  const required = memberOf(recordOf(memberOf(root, "metadata")), "requires-dist");
  const locked = new Set(recordsOf(required).map((one) => textOf(memberOf(one, "name"))));
  const asked = listOf(memberOf(projectOf(project), "dependencies")).flatMap(({ value }) =>
    typeof value === "string" ? (parseRequirement(value)?.name ?? []) : [],
  );
  return asked
    .filter((name) => !locked.has(name))
    .map((name) =>
      warningDiagnostic(
        "requirements/stale-lock",
        `\`${name}\` is in \`pyproject.toml\`, but not in the lock beside it`,
        { path: root.pointer, hint: "type `uv lock` to update it" },
      ),
    );
}

function warnOfPoetry(data: Placed, project: Placed): readonly Diagnostic[] {
  const hash = memberOf(recordOf(memberOf(recordOf(data), "metadata")), "content-hash");
  if (contentHashes(recordOf(project).value).includes(textOf(hash))) return [];
  return [
    warningDiagnostic("requirements/stale-lock", "the lock does not match the `pyproject.toml` beside it", {
      path: hash.pointer,
      hint: "type `poetry lock` to update it",
    }),
  ];
}

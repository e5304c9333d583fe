import { type Diagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { FormatName } from "./formats.ts";
import { projectOf } from "./read-pyproject.ts";
import { packagesOf, rootOf } from "./read-uv-lock.ts";
import { parseRequirement } from "./requirement.ts";
import { listOf, memberOf, type Placed, recordOf, recordsOf, textOf } from "./shape.ts";

/** Where it can be seen that a lock does not answer the project it lies beside. */
export function warnOfStaleLock(
  format: FormatName,
  data: Placed,
  project: Placed | undefined,
): readonly Diagnostic[] {
  if (project === undefined || format !== "uv.lock") return [];
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
        `\`${name}\` is in the \`pyproject.toml\`, and not in the lock beside it`,
        {
          path: "/package",
          hint: "`uv lock` brings it up to date",
        },
      ),
    );
}

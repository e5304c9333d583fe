import { nearest } from "../config/nearest.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Graph } from "../model/graph.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { select } from "../plan/select.ts";
import { type Assembly, assemble } from "./assemble.ts";
import { openPackage, type Package } from "./open-package.ts";
import { reportDiagnostics, type Session } from "./session.ts";

export type SelectOptions = {
  /** Steps by id or kind, with all they need; empty for the whole graph. */
  readonly only: readonly string[];
  /** `--no-cache`. */
  readonly force: boolean;
};

export type Prepared = { readonly opened: Package; readonly assembly: Assembly; readonly graph: Graph };

/** What `plan` and `apply` begin with: the file read, its references pinned, the graph cut to what was asked for. */
export async function prepare(session: Session, options: SelectOptions): Promise<Result<Prepared>> {
  const opened = await openPackage(session);
  return opened.ok ? prepareOpened(session, opened.value, opened.warnings, options) : opened;
}

/** As `prepare`, for a file that has been read. */
export async function prepareOpened(
  session: Session,
  opened: Package,
  warnings: readonly Diagnostic[],
  { only, force }: SelectOptions,
): Promise<Result<Prepared>> {
  const assembly = await assemble(session, opened, { force });
  if (!assembly.ok) return assembly;
  if (!session.options.json) {
    reportDiagnostics(session, [...warnings, ...assembly.warnings]);
    assembly.value.outlet.tellTo((diagnostic) => reportDiagnostics(session, [diagnostic]));
  }
  const graph = select(assembly.value.graph, only);
  if (graph.unknown.length > 0)
    return fail(...graph.unknown.map((name) => wordUnknownStep(name, assembly.value.graph)));
  return succeed({ opened, assembly: assembly.value, graph: graph.graph });
}

function wordUnknownStep(name: string, { steps }: Graph): Diagnostic {
  const ids = steps.map(({ id }) => id);
  const near = nearest(name, ids);
  const question = near === undefined ? "" : `did you mean \`${near}\`? `;
  return errorDiagnostic("cli/unknown-step", `there is no step \`${name}\``, {
    hint: `${question}the steps are ${ids.map((id) => `\`${id}\``).join(", ")}`,
  });
}

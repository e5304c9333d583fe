import { nearest } from "../config/nearest.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Graph } from "../model/graph.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { select } from "../plan/select.ts";
import { askAhead } from "./ask-ahead.ts";
import { type AssembleOptions, type Assembly, assemble } from "./assemble.ts";
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
export async function prepare(
  session: Session,
  options: SelectOptions & Pick<AssembleOptions, "onlyLooks">,
): Promise<Result<Prepared>> {
  const asked = askAhead(session);
  asked.catch(() => {});
  // The questions leave when the event loop turns, which reading the file would put off.
  await session.host.clock.sleep(0);
  const opened = await openPackage(session);
  return opened.ok ? prepareOpened(session, opened.value, opened.warnings, { ...options, asked }) : opened;
}

/** As `prepare`, for a file that has been read. */
export async function prepareOpened(
  session: Session,
  opened: Package,
  warnings: readonly Diagnostic[],
  { only, ...options }: SelectOptions & AssembleOptions,
): Promise<Result<Prepared>> {
  const assembly = await assemble(session, opened, options);
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

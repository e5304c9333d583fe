import path from "node:path";
import { refuseSavedLayout } from "../../config/refuse-saved-layout.ts";
import type { Graph } from "../../model/graph.ts";
import { failuresOf } from "../../model/outcome.ts";
import type { Result } from "../../model/result.ts";
import { select } from "../../plan/select.ts";
import { IMAGE } from "../../plan/step-ids.ts";
import { type Assembly, assemble } from "../assemble.ts";
import { EXIT, exitCodeOfRun } from "../exit-code.ts";
import { openPackage, type Package } from "../open-package.ts";
import { refuse } from "../refuse.ts";
import { type RunOptions, runGraph } from "../run-graph.ts";
import { reportDiagnostics, type Session } from "../session.ts";
import { checkTraceFile } from "../trace-file.ts";
import { type LockOptions, updateLock } from "../update-lock.ts";

/** Writes the Dockerfile folder, whatever `outputs` says; nothing is built for it. */
export async function save(
  session: Session,
  { folder, ...options }: RunOptions & LockOptions & { readonly folder: string },
): Promise<number> {
  const opened = await openPackage(session);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  const { config, locate } = opened.value;
  const layout = "/base_image/oci_layout";
  const refused = refuseSavedLayout(config, { location: locate(layout), path: layout });
  if (refused.length > 0) return refuse(session, ...refused);
  const target = path.relative(config.directory, path.resolve(config.directory, folder)) || ".";
  const output = { pointer: "", type: "dockerfile" as const, path: target };
  const withFolder = { ...opened.value, config: { ...config, outputs: [...config.outputs, output] } };
  const assembly = await assembleLocked(session, withFolder, target, options);
  if (!assembly.ok) return refuse(session, ...assembly.diagnostics);
  const graph = graphOf(assembly.value, target);
  if (graph.steps.some(({ id }) => id === IMAGE)) throw new Error("a saved folder needs no build");
  const outcomes = await runGraph(session, withFolder, assembly.value, graph, options);
  reportDiagnostics(session, failuresOf(outcomes));
  return session.signal.aborted ? EXIT.interrupted : exitCodeOfRun(outcomes);
}

async function assembleLocked(
  session: Session,
  opened: Package,
  target: string,
  options: RunOptions & LockOptions,
): Promise<Result<Assembly>> {
  const traced = await checkTraceFile(session, opened, options.trace);
  if (!traced.ok) return traced;
  const assembly = await assemble(session, opened, { force: false });
  if (!assembly.ok) return assembly;
  const graph = graphOf(assembly.value, target);
  const updated = await updateLock(session, opened, assembly.value, graph, options);
  if (!updated.ok) return updated;
  return updated.value ? assemble(session, opened, { force: false }) : assembly;
}

function graphOf({ graph }: Assembly, target: string): Graph {
  return select(withoutOrder(graph), [`save:${target}`]).graph;
}

/** What only waits for another step, for the tests say, need not wait here. */
function withoutOrder({ steps }: Graph): Graph {
  return { steps: steps.map((step) => ({ ...step, after: [] })) };
}

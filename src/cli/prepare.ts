import { nearest } from "../config/nearest.ts";
import { createCosign } from "../engines/cosign.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Engine } from "../model/engine.ts";
import type { Graph } from "../model/graph.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import { buildGraph } from "../plan/build-graph.ts";
import { type Pins, UNPINNED } from "../plan/pins.ts";
import { select } from "../plan/select.ts";
import { askAhead } from "./ask-ahead.ts";
import { type AssembleOptions, type Assembly, assemble } from "./assemble.ts";
import { findPublicKeys } from "./find-public-keys.ts";
import { openPackage, type Package } from "./open-package.ts";
import { reportDiagnostics, type Session } from "./session.ts";

export type SelectOptions = {
  /** Steps by id or kind, with all they need; empty for the whole graph. */
  readonly only: readonly string[];
  /** `--no-cache`. */
  readonly force: boolean;
  /** `--no-test`. */
  readonly noTest?: boolean | undefined;
  /** `--deny-unsafe-pickle`. */
  readonly denyUnsafePickle?: boolean | undefined;
};

export type Prepared = {
  readonly opened: Package;
  readonly assembly: Assembly;
  readonly graph: Graph;
  /** The same, after something has changed that all is pinned by. */
  readonly again: () => Promise<Result<Prepared>>;
};

/** What `plan` and `apply` begin with: the file read, its references pinned, the graph cut to what was asked for. */
export async function prepare(
  session: Session,
  options: SelectOptions & Pick<AssembleOptions, "onlyLooks" | "offline" | "vendor" | "calledFor">,
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
  isAgain = false,
): Promise<Result<Prepared>> {
  const asked = options.asked ?? askAhead(session);
  const shape = select(shapeOf(opened, options, UNPINNED), only).graph;
  const signer = createCosign(session.host, opened.config.directory);
  // A key may lie with somebody far away, and what it signs is refused offline.
  const findKeys = async () =>
    options.offline ? succeed({}) : findPublicKeys(shape, opened, signer, session.signal);
  const publicKeys = options.publicKeys ?? findKeys();
  publicKeys.catch(() => {});
  // What is wrong with the engine is told at once, and before what could not be found for want of one.
  const assembling = assemble(session, opened, { ...options, publicKeys, asked });
  assembling.catch(() => {});
  const { engine } = await asked;
  const missing = await demandEngine(shape, engine, options);
  const isNeeded = () => stepsOfEngine(select(shapeOf(opened, options, ALL_LOCKED), only).graph).length > 0;
  if (missing.length > 0 && isNeeded()) return fail(...missing);
  const assembly = await assembling;
  if (!assembly.ok) return missing.length > 0 ? fail(...missing) : assembly;
  if (!session.options.json && !isAgain) {
    reportDiagnostics(session, [...warnings, ...assembly.warnings]);
    assembly.value.outlet.tellTo((diagnostic) => reportDiagnostics(session, [diagnostic]));
  }
  const graph = select(assembly.value.graph, only);
  if (options.calledFor === "test" && graph.unknown.includes("test")) return fail(wordNoTests());
  if (graph.unknown.length > 0)
    return fail(...graph.unknown.map((name) => wordUnknownStep(name, assembly.value.graph)));
  const stillMissing = missing.length === 0 ? [] : await demandEngine(graph.graph, engine, options);
  if (stillMissing.length > 0) return fail(...stillMissing);
  const { asked: _asked, ...kept } = options;
  const again = () => prepareOpened(session, opened, [], { only, ...kept, publicKeys }, true);
  return succeed({ opened, assembly: assembly.value, graph: graph.graph, again });
}

/** As if a lock had all there is to know, and the base all there is to install: a step less may take an engine. */
const ALL_LOCKED: Pins = { ...UNPINNED, packages: { all: {} } };

/** The graph as far as the file alone says it: which steps there are, and what each needs. */
function shapeOf({ config, locate }: Package, { noTest }: Pick<SelectOptions, "noTest">, pins: Pins): Graph {
  return buildGraph(config, pins, locate, { noTest });
}

/** Only some steps need an engine; who has none is told which. */
async function demandEngine(
  graph: Graph,
  engine: Engine,
  { calledFor }: Pick<AssembleOptions, "calledFor">,
): Promise<readonly Diagnostic[]> {
  const users = stepsOfEngine(graph);
  if (users.length === 0) return [];
  const probed = await engine.probe();
  if (probed.ok) return [];
  const ids = users.map(({ id }) => `\`${id}\``).join(", ");
  const isForTests = calledFor === undefined && users.every(({ kind }) => kind === "load" || kind === "test");
  const hint = isForTests ? "add `--no-test` to skip the tests, which needs no engine; or " : "";
  return probed.diagnostics.map((diagnostic) => ({
    ...diagnostic,
    message: `${diagnostic.message}, and ${ids} ${users.length === 1 ? "needs" : "need"} one`,
    hint: `${hint}${diagnostic.hint ?? ""}`,
  }));
}

/** The steps that nothing but an engine can do. */
export function stepsOfEngine({ steps }: Graph): readonly Step[] {
  return steps.filter(({ pool }) => pool === "engine" || pool === "tags");
}

function wordNoTests(): Diagnostic {
  return errorDiagnostic("cli/no-tests", "the package has no tests", {
    hint: "add requests and the expected answers below `tests`: a server of your own has no default test",
  });
}

function wordUnknownStep(name: string, { steps }: Graph): Diagnostic {
  const ids = steps.map(({ id }) => id);
  const near = nearest(name, ids);
  const question = near === undefined ? "" : `did you mean \`${near}\`? `;
  return errorDiagnostic("cli/unknown-step", `there is no step \`${name}\``, {
    hint: `${question}the steps are ${ids.map((id) => `\`${id}\``).join(", ")}`,
  });
}

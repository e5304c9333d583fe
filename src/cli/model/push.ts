import { nearest } from "../../config/nearest.ts";
import { type Diagnostic, errorDiagnostic } from "../../model/diagnostic.ts";
import type { Graph } from "../../model/graph.ts";
import { failuresOf } from "../../model/outcome.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { select } from "../../plan/select.ts";
import { assemble } from "../assemble.ts";
import { EXIT, exitCodeOfRun } from "../exit-code.ts";
import { openPackage, type Package } from "../open-package.ts";
import { refuse } from "../refuse.ts";
import { type RunOptions, runGraph } from "../run-graph.ts";
import { reportDiagnostics, type Session, tell } from "../session.ts";
import { openRegistryModel } from "./registry-model.ts";

export type PushOptions = RunOptions & {
  readonly reference: string;
  /** Models by their names; empty for all. */
  readonly only: readonly string[];
};

/** Pushes models of the file, whatever its `outputs` say, and without its tests; nothing is built for it. */
export async function pushModels(
  session: Session,
  { reference, only, ...options }: PushOptions,
): Promise<number> {
  const named = openRegistryModel(session, reference);
  if (!named.ok) return refuse(session, ...named.diagnostics);
  if (named.value.name.includes("@")) return refuse(session, wordDigest());
  const opened = await openForPush(session, named.value.name, only);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  const assembly = await assemble(session, opened.value, { force: false, onlyModels: true });
  if (!assembly.ok) return refuse(session, ...assembly.diagnostics);
  if (!session.options.json) reportDiagnostics(session, assembly.warnings);
  const id = `push:${named.value.name}`;
  const graph = select(withoutOrder(assembly.value.graph), [id]).graph;
  const outcomes = await runGraph(session, opened.value, assembly.value, graph, options);
  reportDiagnostics(session, failuresOf(outcomes));
  if (session.signal.aborted) return EXIT.interrupted;
  const outcome = outcomes.get(id);
  const digest = outcome !== undefined && "output" in outcome ? outcome.output.values.digest : undefined;
  if (typeof digest === "string") report(session, named.value.name, digest);
  return exitCodeOfRun(outcomes);
}

/** The package as if this push were its one output. */
async function openForPush(
  session: Session,
  reference: string,
  only: readonly string[],
): Promise<Result<Package>> {
  const opened = await openPackage(session);
  if (!opened.ok) return opened;
  const { config } = opened.value;
  const names = config.models.map(({ name }) => name);
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0) return fail(...unknown.map((name) => wordUnknown(name, names)));
  if (names.length === 0) return fail(wordNone());
  const output = { pointer: "", type: "modelpack" as const, reference, models: only };
  return succeed({ ...opened.value, config: { ...config, outputs: [output] } });
}

/** What only waits for another step, for the tests say, need not wait here. */
function withoutOrder({ steps }: Graph): Graph {
  return { steps: steps.map((step) => ({ ...step, after: [] })) };
}

function report(session: Session, reference: string, digest: string): void {
  if (session.options.json) session.writeData(`${JSON.stringify({ reference, digest })}\n`);
  else tell(session, `pushed: ${reference} ${digest}`);
}

function wordDigest(): Diagnostic {
  return errorDiagnostic("cli/push-to-digest", "a model cannot be pushed to a digest", {
    hint: "write a tag, such as `registry.example.com/team/ridge:3`",
  });
}

function wordNone(): Diagnostic {
  return errorDiagnostic("config/no-models", "the file has no models to push", {
    hint: "list some, as in `models: [ridge.pkl]`",
  });
}

function wordUnknown(name: string, names: readonly string[]): Diagnostic {
  const near = nearest(name, names);
  const question = near === undefined ? "" : `did you mean \`${near}\`? `;
  return errorDiagnostic("cli/unknown-model", `there is no model \`${name}\``, {
    hint: `${question}the models are ${names.map((one) => `\`${one}\``).join(", ")}`,
  });
}

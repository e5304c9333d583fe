import { buildGraph } from "../../plan/build-graph.ts";
import { UNPINNED } from "../../plan/pins.ts";
import { type GraphFormat, renderGraph } from "../../report/graph-text.ts";
import { EXIT } from "../exit-code.ts";
import { openPackage } from "../open-package.ts";
import { refuse } from "../refuse.ts";
import type { Session } from "../session.ts";

export type GraphOptions = {
  readonly format: GraphFormat;
  /** `--no-test`. */
  readonly noTest: boolean;
};

/** The graph's shape needs no engine and no network. */
export async function graph(session: Session, { format, noTest }: GraphOptions): Promise<number> {
  const opened = await openPackage(session);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  const { config, locate } = opened.value;
  const built = buildGraph(config, UNPINNED, locate, { noTest });
  session.writeData(renderGraph(built, session.options.json ? "json" : format));
  return EXIT.done;
}

import type { Diagnostic } from "../model/diagnostic.ts";
import type { RunEvent } from "../model/event.ts";
import type { Host } from "../model/host.ts";
import type { Reporter, Terminal } from "../model/reporter.ts";
import { combineReporters } from "../report/combine-reporters.ts";
import { diagnosticToJson } from "../report/diagnostic-json.ts";
import { renderDiagnostics } from "../report/diagnostic-text.ts";
import { createDiagnosticsReporter } from "../report/diagnostics-reporter.ts";
import { type ProgressMode, REPORTERS, silentReporter } from "../report/index.ts";

/** The flags every command takes. */
export type CommonOptions = {
  /** At least one. */
  readonly file: readonly string[];
  readonly profile: readonly string[];
  readonly directory: string;
  readonly set: readonly string[];
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
  readonly progress: ProgressMode;
};

/** One call of the program: what it was asked, and its doors to the world. */
export type Session = {
  readonly options: CommonOptions;
  readonly host: Host;
  readonly cacheDirectory: string;
  readonly runtimeDirectory: string;
  /** Scripts that `init` writes. */
  readonly templatesDirectory: string;
  /** What the page of a run is drawn with. */
  readonly pageDirectory: string;
  /** The working directory, absolute. */
  readonly workingDirectory: string;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Data goes to stdout, everything else to stderr. */
  readonly writeData: (text: string) => void;
  readonly terminal: Terminal;
  /** Called with what is told of mistakes, in whatever form. */
  readonly onTold: (diagnostics: readonly Diagnostic[]) => void;
  /** Called with what happens in a run, in place of a view of it. */
  readonly onEvent?: (event: RunEvent) => void;
  /** What `terminal` writes to, for the live view. */
  readonly screen: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  readonly readInput: () => Promise<Uint8Array>;
  /** Of mlpackage itself. */
  readonly readVersion: () => Promise<string>;
};

/** Tells what is wrong: as text for people, as data where `--json` asks for it. */
export function reportDiagnostics(session: Session, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  if (session.options.json) {
    session.writeData(`${JSON.stringify({ diagnostics: diagnostics.map(diagnosticToJson) })}\n`);
  } else {
    session.terminal.write(`${renderDiagnostics(diagnostics, { color: session.terminal.color })}\n`);
  }
  session.onTold(diagnostics);
}

/** A line for the person at the terminal, unless they asked for quiet. */
export function tell(session: Session, text: string): void {
  if (!session.options.quiet) session.terminal.write(`${text}\n`);
}

export async function createReporter(session: Session): Promise<Reporter> {
  if (session.onEvent !== undefined) return { handle: session.onEvent, close: () => {} };
  if (session.options.quiet) return silentReporter;
  return combineReporters(await createProgress(session), createDiagnosticsReporter(session.onTold));
}

async function createProgress(session: Session): Promise<Reporter> {
  const { progress } = session.options;
  if (progress === "json") return REPORTERS.json(session.terminal);
  const isLive = progress === "tty" || (progress === "auto" && session.isTerminal);
  if (!isLive && progress === "auto" && isGithub(session)) {
    const { createGithubReporter } = await import("../report/github-log.ts");
    return createGithubReporter(session.terminal);
  }
  if (!isLive) return REPORTERS.plain(session.terminal);
  const { createScreenReporter } = await import("./live-screen.ts");
  return createScreenReporter(session.terminal, session.screen, session.host.clock);
}

/** Whether GitHub Actions runs us, and reads what we say. */
export function isGithub({ host }: Pick<Session, "host">): boolean {
  return host.environment.GITHUB_ACTIONS === "true";
}

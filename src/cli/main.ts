import path from "node:path";
import { cacheDirectoryOf } from "../host/cache-directory.ts";
import { createNodeHost, type NodeHost } from "../host/node-host.ts";
import { openStandardStreams } from "../host/standard-streams.ts";
import { bytesOf } from "../model/chunks.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { isInCI } from "./in-ci.ts";
import { createListener } from "./listen-to-diagnostics.ts";
import { UsageError } from "./option.ts";
import { OWN_PACKAGE, OWN_PLACES } from "./own-places.ts";
import { BARE_CALL, type Call, readArguments } from "./read-arguments.ts";
import { reportDiagnostics, type Session } from "./session.ts";

/** Argv, environment and streams in; exit code out. The one place that knows our own process. */
async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const call = words.length === 0 ? BARE_CALL : (readArguments(words) ?? (await askYargs(words)));
  if (call === undefined) return EXIT.done;
  const { command, common, values } = call;
  const cacheDirectory = cacheDirectoryOf(process.env);
  const host = createNodeHost(
    process.env,
    cacheDirectory,
    `${command.name} in ${path.resolve(common.directory)}`,
  );
  return withSession({ host, cacheDirectory, options: common }, (session) => command.run(session, values));
}

/** Loaded for those calls alone that need more than reading. */
async function askYargs(words: readonly string[]): Promise<Call | undefined> {
  const loaded = await import("./ask-yargs.ts");
  return loaded.askYargs(words, await readVersion());
}

async function withSession(
  {
    host,
    cacheDirectory,
    options,
  }: Pick<Session, "cacheDirectory" | "options"> & { readonly host: NodeHost },
  act: (session: Session) => Promise<number>,
): Promise<number> {
  const { env } = process;
  const interrupt = catchInterrupts();
  const unheard: Omit<Session, "onTold"> = {
    options,
    host,
    cacheDirectory,
    ...OWN_PLACES,
    workingDirectory: process.cwd(),
    signal: interrupt.signal,
    writeData: streams.writeData,
    terminal: {
      write: streams.writeLog,
      color: options.color && isColorWanted(env),
      // A terminal that does not know its size says 0.
      columns: () => process.stderr.columns || 80,
      rows: () => process.stderr.rows || 24,
    },
    screen: process.stderr,
    isTerminal: IS_TERMINAL,
    readInput: () => bytesOf(process.stdin),
    readVersion,
  };
  const listener = createListener(unheard);
  const session: Session = { ...unheard, onTold: listener.hear };
  try {
    const code = await act(session);
    return interrupt.exitCode() ?? code;
  } catch (error) {
    return interrupt.exitCode() ?? (await reportFault(error, session));
  } finally {
    listener.finish();
    // What it would write down saves time, and nothing else: no reason to fail.
    await host.close().catch(() => {});
  }
}

/** What went wrong around us is told like any other mistake; a bug goes on up. */
async function reportFault(error: unknown, session: Session): Promise<number> {
  const { wordFault } = await import("./word-fault.ts");
  const fault = wordFault(error);
  if (fault === undefined) throw error;
  reportDiagnostics(session, [fault]);
  return exitCodeOf([fault]);
}

const IS_TERMINAL = process.stderr.isTTY === true && process.env.TERM !== "dumb" && !isInCI(process.env);

const interruption = new AbortController();
const streams = openStandardStreams(IS_TERMINAL, () => interruption.abort());

/**
 * The first signal asks everything to end in order; the second ends us at once. So does, in order, an output that is
 * closed early, as in `mlpackage run | head`: nobody is left to tell.
 */
function catchInterrupts(): { readonly signal: AbortSignal; readonly exitCode: () => number | undefined } {
  let exitCode: number | undefined;
  const codes = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated } as const;
  for (const [name, code] of Object.entries(codes)) {
    process.on(name, () => {
      if (exitCode !== undefined) {
        streams.flush();
        process.exit(code);
      }
      exitCode = code;
      interruption.abort();
    });
  }
  return { signal: interruption.signal, exitCode: () => exitCode };
}

/** https://no-color.org, and FORCE_COLOR for pipes that want it all the same. */
function isColorWanted(env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  return Boolean(env.FORCE_COLOR) || (process.stderr.isTTY === true && env.TERM !== "dumb");
}

async function readVersion(): Promise<string> {
  const { files } = createNodeHost(process.env, cacheDirectoryOf(process.env));
  const text = await files.readText(OWN_PACKAGE);
  return (JSON.parse(text) as { version: string }).version;
}

function reportCrash(error: unknown): number {
  if (error instanceof UsageError) {
    streams.writeLog(`error: ${error.message}\nhint: ${error.hint}\n`);
    return EXIT.wrongInput;
  }
  const { stack } = error as Error;
  streams.writeLog(
    `error[bug]: something in mlpackage is broken; please report it with these lines\n${stack}\n`,
  );
  return EXIT.bug;
}

/** By itself the process would end as well, and take a tenth of a short run to put its heap in order first. */
function leave(code: number): void {
  process.exitCode = code;
  if (streams.flush()) process.exit();
}

// Not awaited, so that the bundle can be a script: those V8 can be handed compiled.
void main().catch(reportCrash).then(leave);

import path from "node:path";
import { cacheDirectoryOf } from "../host/cache-directory.ts";
import { createNodeHost, type NodeHost } from "../host/node-host.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { UsageError } from "./option.ts";
import { type Call, readArguments } from "./read-arguments.ts";
import { reportDiagnostics, type Session } from "./session.ts";

/** Argv, environment and streams in; exit code out. The one place that knows our own process. */
async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const call = readArguments(words) ?? (await askYargs(words));
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
  const isTerminal = process.stderr.isTTY === true && env.TERM !== "dumb" && env.CI === undefined;
  const session: Session = {
    options,
    host,
    cacheDirectory,
    runtimeDirectory: path.join(import.meta.dirname, RUNTIME_FROM_HERE),
    workingDirectory: process.cwd(),
    signal: interrupt.signal,
    writeData: (text) => {
      gathered.flush();
      demandStdout(interrupt).write(text);
    },
    terminal: {
      write: isTerminal ? writeError : gathered.write,
      color: options.color && isColorWanted(env),
      columns: () => process.stderr.columns ?? 80,
    },
    screen: process.stderr,
    isTerminal,
    readInput,
  };
  try {
    const code = await act(session);
    return interrupt.exitCode() ?? code;
  } catch (error) {
    return interrupt.exitCode() ?? (await reportFault(error, session));
  } finally {
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

/** Or the bundle in `dist/`. */
const IS_SOURCE = path.basename(import.meta.filename) === "main.ts";
const RUNTIME_FROM_HERE = IS_SOURCE ? "../runtime" : "runtime";

type Interrupt = {
  readonly signal: AbortSignal;
  readonly exitCode: () => number | undefined;
  readonly abort: () => void;
};

/**
 * The first signal asks everything to end in order; the second ends us at once. So does, in order, an output that is
 * closed early, as in `mlpackage run | head`: nobody is left to tell.
 */
function catchInterrupts(): Interrupt {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const codes = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated } as const;
  for (const [name, code] of Object.entries(codes)) {
    process.on(name, () => {
      if (exitCode !== undefined) {
        gathered.flush();
        process.exit(code);
      }
      exitCode = code;
      controller.abort();
    });
  }
  const abort = (): void => controller.abort();
  process.stderr.on("error", abort);
  return { signal: controller.signal, exitCode: () => exitCode, abort };
}

function writeError(text: string): void {
  process.stderr.write(text);
}

/** Texts that come in one go leave in one go: finding a step fresh takes no longer than a call of the system. */
function gather(write: (text: string) => void) {
  let waiting = "";
  function flush(): void {
    if (waiting !== "") write(waiting);
    waiting = "";
  }
  return {
    write(text: string): void {
      if (waiting === "") setImmediate(flush);
      waiting += text;
    },
    flush,
  };
}

const gathered = gather(writeError);

let stdout: NodeJS.WriteStream | undefined;

/** Opened for those runs alone that have something to say there. */
function demandStdout({ abort }: Interrupt): NodeJS.WriteStream {
  stdout ??= process.stdout.on("error", abort);
  return stdout;
}

/** https://no-color.org, and FORCE_COLOR for pipes that want it all the same. */
function isColorWanted(env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  return Boolean(env.FORCE_COLOR) || (process.stderr.isTTY === true && env.TERM !== "dumb");
}

async function readInput(): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString("utf8");
}

async function readVersion(): Promise<string> {
  const fromHere = IS_SOURCE ? "../../package.json" : "../package.json";
  const { files } = createNodeHost(process.env, cacheDirectoryOf(process.env));
  const text = await files.readText(path.join(import.meta.dirname, fromHere));
  return (JSON.parse(text) as { version: string }).version;
}

function reportCrash(error: unknown): number {
  gathered.flush();
  if (error instanceof UsageError || (error as Error)?.name === "YError") {
    writeError(`error: ${(error as Error).message}\nhint: \`mlpackage --help\` shows the commands\n`);
    return EXIT.wrongInput;
  }
  const { stack } = error as Error;
  writeError(`error[bug]: something in mlpackage is broken; please report it with these lines\n${stack}\n`);
  return EXIT.bug;
}

/** By itself the process would end as well, and take a tenth of a short run to put its heap in order first. */
function leave(code: number): void {
  process.exitCode = code;
  gathered.flush();
  const isAllWritten = [stdout, process.stderr].every((stream) => !stream?.writableLength);
  if (isAllWritten) process.exit();
}

// Not awaited, so that the bundle can be a script: those V8 can be handed compiled.
void main().catch(reportCrash).then(leave);

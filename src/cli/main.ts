#!/usr/bin/env node
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createNodeHost, type NodeHost } from "../host/node-host.ts";
import type { Files } from "../model/host.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { type Arguments, addCommonOptions, COMMANDS, readCommonOptions } from "./options.ts";
import { reportDiagnostics, type Session } from "./session.ts";

/** Argv, environment and streams in; exit code out. The one place that knows our own process. */
async function main(): Promise<number> {
  const { default: yargs } = await import("yargs");
  const cacheDirectory = cacheDirectoryOf(process.env);
  const host = createNodeHost(process.env, cacheDirectory);
  let called: ((args: Arguments) => Promise<number>) | undefined;
  const parser = addCommonOptions(yargs(process.argv.slice(2)))
    .scriptName("mlpackage")
    .usage("$0 <command>\n\nTurn a model and its scoring script into a tested container image.")
    .version(await readVersion(host.files))
    .completion("completion", "print the completion script of your shell")
    .parserConfiguration({ "camel-case-expansion": true })
    .strict()
    .demandCommand(1, "name a command")
    .recommendCommands()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(message);
    });
  for (const { usage, summary, options, run } of COMMANDS) {
    parser.command(usage, summary, options, () => {
      called = (args) =>
        withSession({ host, cacheDirectory, options: readCommonOptions(args) }, (session) =>
          run(session, args),
        );
    });
  }
  const args = (await parser.parse()) as Arguments;
  // Help, version and completion have printed what was asked for.
  return called === undefined ? EXIT.done : called(args);
}

/** The call itself is wrong. */
class UsageError extends Error {}

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
  const session: Session = {
    options,
    host,
    cacheDirectory,
    runtimeDirectory: fileURLToPath(new URL(RUNTIME_FROM_HERE, import.meta.url)),
    workingDirectory: process.cwd(),
    signal: interrupt.signal,
    writeData: (text) => void process.stdout.write(text),
    terminal: {
      write: (text) => void process.stderr.write(text),
      color: options.color && isColorWanted(env),
      columns: () => process.stderr.columns ?? 80,
    },
    screen: process.stderr,
    isTerminal: process.stderr.isTTY === true && env.TERM !== "dumb" && env.CI === undefined,
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

/** The same in `src/cli/` and, bundled, in `dist/`. */
const RUNTIME_FROM_HERE = import.meta.url.includes("/src/cli/") ? "../runtime" : "./runtime";

/**
 * The first signal asks everything to end in order; the second ends us at once. So does, in order, an output that is
 * closed early, as in `mlpackage run | head`: nobody is left to tell.
 */
function catchInterrupts(): { readonly signal: AbortSignal; readonly exitCode: () => number | undefined } {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const codes = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated } as const;
  for (const [name, code] of Object.entries(codes)) {
    process.on(name, () => {
      if (exitCode !== undefined) process.exit(code);
      exitCode = code;
      controller.abort();
    });
  }
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => controller.abort());
  return { signal: controller.signal, exitCode: () => exitCode };
}

function cacheDirectoryOf(env: NodeJS.ProcessEnv): string {
  const named = env.MLPACKAGE_CACHE_DIR;
  if (named !== undefined && named !== "") return path.resolve(named);
  return path.join(env.XDG_CACHE_HOME || path.join(env.HOME || "/", ".cache"), "mlpackage");
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

async function readVersion(files: Files): Promise<string> {
  const fromHere = import.meta.url.includes("/src/cli/") ? "../../package.json" : "../package.json";
  const text = await files.readText(fileURLToPath(new URL(fromHere, import.meta.url)));
  return (JSON.parse(text) as { version: string }).version;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof UsageError || (error as Error)?.name === "YError") {
    process.stderr.write(
      `error: ${(error as Error).message}\nhint: \`mlpackage --help\` shows the commands\n`,
    );
    process.exitCode = EXIT.wrongInput;
  } else {
    const { stack } = error as Error;
    process.stderr.write(
      `error[bug]: something in mlpackage is broken; please report it with these lines\n${stack}\n`,
    );
    process.exitCode = EXIT.bug;
  }
}

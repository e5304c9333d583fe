import path from "node:path";
import { Writable } from "node:stream";
import { OWN_PACKAGE, OWN_PLACES } from "../cli/own-places.ts";
import type { Session } from "../cli/session.ts";
import { wordFault } from "../cli/word-fault.ts";
import { cacheDirectoryOf } from "../host/cache-directory.ts";
import { createNodeHost } from "../host/node-host.ts";
import { ownEnvironment } from "../host/own-environment.ts";
import type { ApplyOptions, PackageOptions, Refused } from "../model/api.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Result } from "../model/result.ts";
import { diagnosticToJson } from "../report/diagnostic-json.ts";
import { eventToJson } from "../report/json-lines.ts";

type Answered<T> = { readonly ok: true; readonly value: T; readonly warnings: Refused["warnings"] };

/**
 * Calls with a session that prints nothing and knows of no terminal. What is told on the way is among the warnings of
 * the answer; faults of disk, network and engine are diagnostics, whatever else is thrown is a bug and goes on up.
 */
export async function inSession<T>(
  purpose: string,
  options: PackageOptions & Pick<ApplyOptions, "onEvent">,
  act: (session: Session) => Promise<Result<T>>,
): Promise<Refused | Answered<T>> {
  const told = new Set<Diagnostic>();
  const { session, close } = openSession(purpose, options, (diagnostics) => {
    for (const one of diagnostics) told.add(one);
  });
  const refused = (diagnostics: readonly Diagnostic[]): Refused => ({
    ok: false,
    diagnostics: diagnostics.map(diagnosticToJson),
    warnings: warningsOf([...told]),
    cancelled: session.signal.aborted,
  });
  try {
    const result = await act(session);
    if (!result.ok) return refused(result.diagnostics);
    for (const one of result.warnings) told.add(one);
    return { ok: true, value: result.value, warnings: warningsOf([...told]) };
  } catch (error) {
    if (session.signal.aborted) return refused([]);
    const fault = wordFault(error);
    if (fault === undefined) throw error;
    return refused([fault]);
  } finally {
    await close();
  }
}

function openSession(
  purpose: string,
  {
    directory = ".",
    file = [],
    profile = [],
    set = [],
    environment = ownEnvironment(),
    signal,
    onEvent,
  }: PackageOptions & Pick<ApplyOptions, "onEvent">,
  onTold: Session["onTold"],
): { readonly session: Session; readonly close: () => Promise<void> } {
  const files = [file].flat();
  const workingDirectory = path.resolve();
  const cacheDirectory = cacheDirectoryOf(environment);
  const host = createNodeHost(environment, cacheDirectory, `${purpose} in ${path.resolve(directory)}`);
  const session: Session = {
    options: {
      file: files.length === 0 ? ["mlpackage.yaml"] : files,
      profile: [profile].flat(),
      ...{ directory, set, json: false, quiet: true, verbose: false, color: false, progress: "plain" },
    },
    ...{ host, cacheDirectory, workingDirectory, onTold, ...OWN_PLACES },
    signal: signal ?? new AbortController().signal,
    writeData: () => {},
    terminal: { write: () => {}, color: false, columns: () => 80, rows: () => 24 },
    screen: new Writable({ write: (_chunk, _encoding, done) => done() }),
    isTerminal: false,
    readInput: async () => new Uint8Array(),
    readVersion: async () =>
      (JSON.parse(await host.files.readText(OWN_PACKAGE)) as { version: string }).version,
    onEvent: (event) => {
      if (event.type === "diagnostic") onTold([event.diagnostic]);
      onEvent?.(eventToJson(event));
    },
  };
  // What it would write down saves time, and nothing else.
  return { session, close: () => host.close().catch(() => {}) };
}

function warningsOf(told: readonly Diagnostic[]): Refused["warnings"] {
  return told.filter(({ severity }) => severity === "warning").map(diagnosticToJson);
}

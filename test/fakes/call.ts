import path from "node:path";
import type { RunOptions } from "../../src/cli/run-graph.ts";
import type { Session } from "../../src/cli/session.ts";
import { makeHost } from "./host.ts";
import { makeFolder } from "./temporary-folder.ts";

export const RUN_OPTIONS: RunOptions = {
  jobs: 1,
  keepGoing: false,
  lockTimeoutMs: undefined,
  trace: undefined,
};

export type CallOptions = {
  readonly workingDirectory?: string;
  /** No engine answers, whatever it says. */
  readonly environment?: Readonly<Record<string, string>>;
};

/** What a command is called with: a package on real files, and nobody but the disk to ask; and what it says. */
export function makeCall(
  files: Readonly<Record<string, string>>,
  { workingDirectory = makeFolder(files), environment = {} }: CallOptions = {},
) {
  const said = { words: "", data: "" };
  const session: Session = {
    options: {
      file: ["mlpackage.yaml"],
      profile: [],
      directory: ".",
      set: [],
      json: false,
      quiet: false,
      verbose: false,
      color: false,
      progress: "plain",
    },
    host: makeHost({ environment: { ...environment, DOCKER_HOST: "unix:///no/engine.sock" } }),
    cacheDirectory: path.join(workingDirectory, "cache"),
    runtimeDirectory: makeFolder({ "serve.py": "serve" }),
    templatesDirectory: path.join(import.meta.dirname, "../../src/drafts/templates"),
    pageDirectory: path.join(import.meta.dirname, "../../dist"),
    workingDirectory,
    signal: AbortSignal.timeout(60_000),
    writeData: (text) => {
      said.data += text;
    },
    onTold: () => {},
    terminal: {
      write: (text) => {
        said.words += text;
      },
      color: false,
      columns: () => 80,
      rows: () => 24,
    },
    screen: process.stderr,
    isTerminal: false,
    readInput: async () => new Uint8Array(),
    readVersion: async () => "0.0.0",
  };
  return { session, said, workingDirectory };
}

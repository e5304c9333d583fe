import type { Argv } from "yargs";
import { GRAPH_FORMATS } from "../report/graph-text.ts";
import { PROGRESS_MODES } from "../report/index.ts";
import type { CommonOptions, Session } from "./session.ts";

/** Parsed arguments as yargs gives them. */
export type Arguments = Readonly<Record<string, unknown>>;

/** A command: what help says of it, its own options, and the code, which is loaded only when it is called. */
export type Command = {
  readonly usage: string;
  readonly summary: string;
  readonly options: (parser: Argv) => Argv;
  readonly run: (session: Session, args: Arguments) => Promise<number>;
};

export function addCommonOptions(parser: Argv): Argv {
  return parser
    .option("file", {
      alias: "f",
      type: "string",
      default: "mlpackage.yaml",
      describe: "the configuration file",
      requiresArg: true,
    })
    .option("directory", {
      alias: "C",
      type: "string",
      default: ".",
      describe: "the folder to work in",
      requiresArg: true,
    })
    .option("set", {
      type: "string",
      array: true,
      nargs: 1,
      default: [],
      describe: "override a value: key.path=value",
    })
    .option("json", { type: "boolean", default: false, describe: "print the result as JSON" })
    .option("quiet", { alias: "q", type: "boolean", default: false, describe: "say nothing but errors" })
    .option("verbose", { alias: "v", type: "boolean", default: false, describe: "say more" })
    .option("color", {
      type: "boolean",
      default: true,
      describe: "colour the output; also off with NO_COLOR",
    })
    .option("progress", {
      choices: PROGRESS_MODES,
      default: "auto" as const,
      describe: "how progress is shown",
    });
}

export function readCommonOptions(args: Arguments): CommonOptions {
  return {
    file: String(args.file),
    directory: String(args.directory),
    set: (args.set as readonly unknown[]).map(String),
    json: args.json === true,
    quiet: args.quiet === true,
    verbose: args.verbose === true,
    color: args.color !== false,
    progress: args.progress as CommonOptions["progress"],
  };
}

/** What `plan` and `apply` choose steps by. */
function addSelectOptions(parser: Argv): Argv {
  return parser
    .option("only", {
      type: "string",
      array: true,
      default: [],
      describe: "only these steps, by id or kind, and what they need",
    })
    .option("cache", {
      type: "boolean",
      default: true,
      describe: "take finished steps from the cache; --no-cache runs all",
    });
}

function addRunOptions(parser: Argv): Argv {
  return parser
    .option("jobs", {
      alias: "j",
      type: "number",
      default: 8,
      describe: "how many steps run at once",
      requiresArg: true,
    })
    .option("keep-going", {
      alias: "k",
      type: "boolean",
      default: false,
      describe: "go on with other steps after a failure",
    });
}

const selectOptions = (args: Arguments) => ({
  only: (args.only as readonly unknown[]).map(String),
  force: args.cache === false,
});

const runOptions = (args: Arguments) => ({
  jobs: Math.max(1, Math.floor(Number(args.jobs)) || 1),
  keepGoing: args.keepGoing === true,
});

const none = (parser: Argv): Argv => parser;

/** Every command, in the order help shows them. */
export const COMMANDS: readonly Command[] = [
  {
    usage: "validate",
    summary: "check the file and every path it names; touches nothing",
    options: none,
    run: async (session) => (await import("./commands/validate.ts")).validate(session),
  },
  {
    usage: "plan",
    summary: "show what apply would do, step by step, and why",
    options: (parser) =>
      addSelectOptions(parser).option("detailed-exitcode", {
        type: "boolean",
        default: false,
        describe: "exit with 2 if there is work to do",
      }),
    run: async (session, args) =>
      (await import("./commands/plan.ts")).plan(session, {
        ...selectOptions(args),
        detailedExitcode: args.detailedExitcode === true,
      }),
  },
  {
    usage: "apply",
    summary: "build, test and write the outputs; only what changed runs",
    options: (parser) => addRunOptions(addSelectOptions(parser)),
    run: async (session, args) =>
      (await import("./commands/apply.ts")).apply(session, { ...selectOptions(args), ...runOptions(args) }),
  },
  {
    usage: "graph",
    summary: "print the graph of steps",
    options: (parser) =>
      parser.option("format", {
        choices: GRAPH_FORMATS,
        default: "mermaid" as const,
        describe: "the language to print it in",
      }),
    run: async (session, args) =>
      (await import("./commands/graph.ts")).graph(session, {
        format: args.format as (typeof GRAPH_FORMATS)[number],
      }),
  },
  {
    usage: "run",
    summary: "start the image here and show its log",
    options: (parser) =>
      parser
        .option("port", {
          alias: "p",
          type: "number",
          default: 0,
          describe: "port on 127.0.0.1; 0 for any free one",
          requiresArg: true,
        })
        .option("detach", {
          alias: "d",
          type: "boolean",
          default: false,
          describe: "return once it is ready",
        }),
    run: async (session, args) =>
      (await import("./commands/run.ts")).run(session, {
        port: Number(args.port),
        detach: args.detach === true,
      }),
  },
  {
    usage: "stop",
    summary: "stop the service that run started",
    options: none,
    run: async (session) => (await import("./commands/stop.ts")).stop(session),
  },
  {
    usage: "logs",
    summary: "print the log of the running service",
    options: (parser) =>
      parser
        .option("follow", { type: "boolean", default: false, describe: "go on as it grows" })
        .option("tail", { type: "number", default: 200, describe: "how many lines", requiresArg: true }),
    run: async (session, args) =>
      (await import("./commands/logs.ts")).logs(session, {
        follow: args.follow === true,
        tail: Number(args.tail),
      }),
  },
  {
    usage: "score",
    summary: "send a request to the running service and print the answer",
    options: (parser) =>
      parser
        .option("data", {
          type: "string",
          describe: "the body; @file for a file's content, - for standard input",
          requiresArg: true,
        })
        .option("url", { type: "string", describe: "another service's address", requiresArg: true }),
    run: async (session, args) =>
      (await import("./commands/score.ts")).score(session, {
        data: args.data as string | undefined,
        url: args.url as string | undefined,
      }),
  },
  {
    usage: "save <folder>",
    summary: "write the Dockerfile folder that plain docker build takes",
    options: (parser) =>
      addRunOptions(parser).positional("folder", {
        type: "string",
        demandOption: true,
        describe: "where to, inside the package",
      }),
    run: async (session, args) =>
      (await import("./commands/save.ts")).save(session, {
        ...runOptions(args),
        folder: String(args.folder),
      }),
  },
  {
    usage: "pull",
    summary: "bring the pushed images back by digest",
    options: none,
    run: async (session) => (await import("./commands/pull.ts")).pull(session),
  },
  {
    usage: "registry",
    summary: "show the address and user name of each output's registry",
    options: (parser) =>
      parser.option("show-password", { type: "boolean", default: false, describe: "show the password too" }),
    run: async (session, args) =>
      (await import("./commands/registry.ts")).registry(session, {
        showPassword: args.showPassword === true,
      }),
  },
  {
    usage: "doctor",
    summary: "look for what is wrong with this machine, and say how to mend it",
    options: none,
    run: async (session) => (await import("./commands/doctor.ts")).doctor(session),
  },
  {
    usage: "schema",
    summary: "print the JSON Schema of the file",
    options: none,
    run: async (session) => (await import("./commands/schema.ts")).schema(session),
  },
];

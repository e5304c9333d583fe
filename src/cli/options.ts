import { DEPLOYMENT_FORMATS } from "../deployments/formats.ts";
import { UPGRADABLE } from "../plan/make-lock.ts";
import { CLIENT_LANGUAGES } from "../report/client/languages.ts";
import { GRAPH_FORMATS } from "../report/graph-text.ts";
import { PROGRESS_MODES } from "../report/index.ts";
import { INSTALLING, SHELLS } from "./completion/shells.ts";
import { type Command, defineCommand, type Options, type ValuesOf } from "./option.ts";

export const COMMON_OPTIONS = {
  file: {
    type: "list",
    takes: "one",
    alias: "f",
    default: ["mlpackage.yaml"],
    completion: "file",
    describe:
      "the configuration file; several are merged, each over those before it: mappings merge, lists grow, all else is replaced",
  },
  profile: { type: "list", takes: "one", describe: "merge this profile of the file over the rest of it" },
  directory: {
    type: "string",
    alias: "C",
    default: ".",
    completion: "folder",
    describe: "the folder to work in",
  },
  set: { type: "list", takes: "one", describe: "override a value: key.path=value" },
  json: { type: "boolean", default: false, describe: "print the result as JSON" },
  quiet: { type: "boolean", alias: "q", default: false, describe: "print errors only" },
  verbose: { type: "boolean", alias: "v", default: false, describe: "print more" },
  color: { type: "boolean", default: true, describe: "colour the output; also off with NO_COLOR" },
  progress: {
    type: "string",
    choices: PROGRESS_MODES,
    default: "auto",
    describe: "how progress is shown",
  },
} as const satisfies Options;

const CACHE_OPTION = {
  cache: {
    type: "boolean",
    default: true,
    describe: "use the cache; with --no-cache, every step runs",
  },
} as const satisfies Options;

const TEST_OPTION = {
  test: {
    type: "boolean",
    default: true,
    describe: "run the tests; with --no-test, outputs are written untested",
  },
} as const satisfies Options;

const PICKLE_OPTION = {
  "deny-unsafe-pickle": {
    type: "boolean",
    default: false,
    describe:
      "refuse a model whose pickles could run more than is known to be harmless, before anything is built; also MLPACKAGE_DENY_UNSAFE_PICKLE=1",
  },
} as const satisfies Options;

const FROZEN_OPTION = {
  frozen: {
    type: "boolean",
    describe:
      "refuse a lock that does not match the file, instead of bringing it up to date; the default in CI",
  },
} as const satisfies Options;

const SUPPLY_OPTIONS = {
  offline: {
    type: "boolean",
    default: false,
    describe: "use no network, only the engine; whatever would need one is refused before anything runs",
  },
  vendor: {
    type: "string",
    completion: "folder",
    describe: "take models, base image and packages from this folder, which `mlpackage vendor` filled",
  },
} as const satisfies Options;

const JUNIT_OPTION = {
  junit: {
    type: "string",
    completion: "file",
    describe: "write the test results to this file, as JUnit XML",
  },
} as const satisfies Options;

const REPORT_OPTION = {
  report: {
    type: "string",
    describe: "write an HTML report of the run to this file: steps, times, reasons, layers, tests, digests",
  },
} as const satisfies Options;

/** What `plan` and `apply` choose steps by. */
const SELECT_OPTIONS = {
  only: {
    type: "list",
    takes: "all",
    completion: "step",
    describe: "only these steps, by id or kind, and what they need",
  },
  ...CACHE_OPTION,
  ...TEST_OPTION,
} as const satisfies Options;

const RUN_OPTIONS = {
  jobs: { type: "number", alias: "j", default: 8, minimum: 1, describe: "how many steps run at once" },
  "keep-going": {
    type: "boolean",
    alias: "k",
    default: false,
    describe: "go on with other steps after a failure",
  },
  "lock-timeout": { type: "duration", describe: "how long to wait for another run, such as 30s" },
  trace: {
    type: "string",
    completion: "file",
    describe: "write what ran when, for chrome://tracing, to this file",
  },
} as const satisfies Options;

const INSPECT_OPTIONS = {
  platform: {
    type: "string",
    describe: "the platform to look at, such as linux/arm64, in an image for several",
  },
  files: {
    type: "boolean",
    default: true,
    describe: "list the files of each model; with --no-files, no model layer is read",
  },
  full: {
    type: "boolean",
    default: false,
    describe: "read large models in a registry to the end, to list the digests of their files",
  },
} as const satisfies Options;

const selectOptions = ({ only, cache, test }: ValuesOf<typeof SELECT_OPTIONS>) => ({
  only,
  force: !cache,
  noTest: !test,
});

const runOptions = (values: ValuesOf<typeof RUN_OPTIONS>) => ({
  jobs: values.jobs,
  keepGoing: values["keep-going"],
  lockTimeoutMs: values["lock-timeout"],
  trace: values.trace,
});

/** Every command, in the order help shows them. */
export const COMMANDS: readonly Command[] = [
  defineCommand({
    name: "init",
    summary: "write the file for the model in a folder, and a script if it needs one",
    positionals: [
      {
        name: "folder",
        isRequired: false,
        completion: "folder",
        describe: "the folder; default: the one you are in",
      },
    ],
    options: {
      from: {
        type: "string",
        completion: "file",
        describe:
          "convert another tool's file: cog.yaml, bentofile.yaml, Kitfile, MLmodel, or Azure ML's of v1 and v2",
      },
      "dry-run": { type: "boolean", default: false, describe: "print what would be written" },
      force: { type: "boolean", default: false, describe: "replace the file; no other is ever replaced" },
      template: {
        type: "boolean",
        default: false,
        describe: "without a model, write a file and a script to fill in",
      },
    },
    run: async (session, values) =>
      (await import("./commands/init.ts")).init(session, {
        folder: values.folder,
        from: values.from,
        force: values.force,
        dryRun: values["dry-run"],
        template: values.template,
      }),
  }),
  defineCommand({
    name: "validate",
    summary: "check the file and every path it names; touches nothing",
    run: async (session) => (await import("./commands/validate.ts")).validate(session),
  }),
  defineCommand({
    name: "config",
    summary: "print the effective configuration: merged, variables replaced, defaults written out",
    options: {
      origin: { type: "boolean", default: false, describe: "show where each value comes from" },
    },
    run: async (session, { origin }) => (await import("./commands/config.ts")).config(session, { origin }),
  }),
  defineCommand({
    name: "plan",
    summary: "show what apply would do, step by step, and why",
    options: {
      ...SELECT_OPTIONS,
      ...PICKLE_OPTION,
      "detailed-exitcode": {
        type: "boolean",
        default: false,
        describe: "exit with 2 if there is work to do",
      },
      out: { type: "string", completion: "file", describe: "write the plan to this file, for `apply FILE`" },
    },
    run: async (session, values) =>
      (await import("./commands/plan.ts")).plan(session, {
        ...selectOptions(values),
        denyUnsafePickle: values["deny-unsafe-pickle"],
        detailedExitcode: values["detailed-exitcode"],
        out: values.out,
      }),
  }),
  defineCommand({
    name: "apply",
    summary: "build, test and write the outputs; only what changed runs",
    positionals: [
      {
        name: "plan",
        isRequired: false,
        completion: "file",
        describe: "a plan that `plan --out` wrote: do exactly that",
      },
    ],
    options: {
      ...SELECT_OPTIONS,
      ...PICKLE_OPTION,
      ...RUN_OPTIONS,
      ...FROZEN_OPTION,
      ...SUPPLY_OPTIONS,
      ...JUNIT_OPTION,
      ...REPORT_OPTION,
    },
    run: async (session, values) =>
      (await import("./commands/apply.ts")).apply(session, {
        ...selectOptions(values),
        ...runOptions(values),
        denyUnsafePickle: values["deny-unsafe-pickle"],
        frozen: values.frozen,
        plan: values.plan,
        offline: values.offline,
        vendor: values.vendor,
        junit: values.junit,
        report: values.report,
      }),
  }),
  defineCommand({
    name: "ui",
    summary: "apply, and show the run live on a local page; then run the service, with a form to try it",
    options: {
      ...SELECT_OPTIONS,
      ...PICKLE_OPTION,
      ...RUN_OPTIONS,
      ...FROZEN_OPTION,
      ...REPORT_OPTION,
      port: {
        type: "number",
        alias: "p",
        default: 0,
        minimum: 0,
        maximum: 65_535,
        describe: "the port of the page on 127.0.0.1; 0 for any free one",
      },
    },
    run: async (session, values) =>
      (await import("./commands/ui.ts")).ui(session, {
        ...selectOptions(values),
        ...runOptions(values),
        denyUnsafePickle: values["deny-unsafe-pickle"],
        frozen: values.frozen,
        report: values.report,
        port: values.port,
      }),
  }),
  defineCommand({
    name: "test",
    summary: "run the tests, even if they passed before; builds what is missing, and writes no output",
    positionals: [{ name: "name", isRequired: false, describe: "run only tests with this in their name" }],
    options: {
      filter: { type: "list", takes: "all", describe: "the same, for several" },
      ...RUN_OPTIONS,
      ...FROZEN_OPTION,
      ...SUPPLY_OPTIONS,
      ...JUNIT_OPTION,
    },
    run: async (session, values) =>
      (await import("./commands/test.ts")).test(session, {
        ...runOptions(values),
        filter: [values.name ?? [], values.filter].flat(),
        frozen: values.frozen,
        offline: values.offline,
        vendor: values.vendor,
        junit: values.junit,
      }),
  }),
  defineCommand({
    name: "lock",
    summary: "resolve what the file names and write `mlpackage.lock`, so that others get the same image",
    options: {
      ...RUN_OPTIONS,
      ...PICKLE_OPTION,
      upgrade: {
        type: "list",
        takes: "all",
        completion: ["all", ...UPGRADABLE],
        describe: `resolve these anew: ${UPGRADABLE.join(", ")}, or a model's name; \`all\` for everything`,
      },
      diff: { type: "boolean", default: false, describe: "show what would change, and write nothing" },
    },
    run: async (session, values) =>
      (await import("./commands/lock.ts")).lock(session, {
        ...runOptions(values),
        denyUnsafePickle: values["deny-unsafe-pickle"],
        upgrade: values.upgrade,
        diff: values.diff,
      }),
  }),
  defineCommand({
    name: "vendor",
    summary: "download everything the lock names into a folder, for `apply --offline`",
    positionals: [{ name: "folder", isRequired: true, completion: "folder", describe: "where to" }],
    options: { ...RUN_OPTIONS, ...FROZEN_OPTION },
    run: async (session, values) =>
      (await import("./commands/vendor.ts")).vendor(session, {
        ...runOptions(values),
        frozen: values.frozen,
        folder: values.folder,
      }),
  }),
  defineCommand({
    name: "verify",
    summary:
      "build the image again from nothing, and compare it with the one that is there; check its signature",
    positionals: [
      {
        name: "image",
        isRequired: false,
        completion: "file",
        describe: "its name, or the path of an archive; default: the outputs of the file",
      },
    ],
    options: {
      ...RUN_OPTIONS,
      key: {
        type: "string",
        completion: "file",
        describe: "a public key that must verify the signatures of image, SBOM and provenance",
      },
      rebuild: {
        type: "boolean",
        default: true,
        describe: "build it again and compare; with --no-rebuild, only check the signatures",
      },
    },
    run: async (session, values) =>
      (await import("./commands/verify.ts")).verify(session, {
        ...runOptions(values),
        image: values.image,
        key: values.key,
        rebuild: values.rebuild,
      }),
  }),
  defineCommand({
    name: "inspect",
    summary: "show what is in an image: models, packages, code, settings, layers",
    positionals: [
      {
        name: "image",
        isRequired: true,
        describe: "its name, or the path of an archive or of an OCI layout",
      },
    ],
    options: INSPECT_OPTIONS,
    run: async (session, values) =>
      (await import("./commands/inspect.ts")).inspect(session, {
        image: values.image,
        platform: values.platform,
        files: values.files,
        full: values.full,
      }),
  }),
  defineCommand({
    name: "diff",
    summary:
      "show what differs between two images; exits with 1 if anything does, and with 2 if one cannot be read",
    positionals: [
      { name: "first", isRequired: true, describe: "an image, as for inspect" },
      { name: "second", isRequired: true, describe: "the image that came after it" },
    ],
    options: INSPECT_OPTIONS,
    run: async (session, values) =>
      (await import("./commands/diff.ts")).diff(session, {
        first: values.first,
        second: values.second,
        platform: values.platform,
        files: values.files,
        full: values.full,
      }),
  }),
  defineCommand({
    name: "why",
    summary: "say why a step would run, or why not",
    positionals: [{ name: "step", isRequired: true, completion: "step", describe: "its id, such as build" }],
    options: { ...CACHE_OPTION, ...TEST_OPTION },
    run: async (session, { step, cache, test }) =>
      (await import("./commands/why.ts")).why(session, { step, force: !cache, noTest: !test }),
  }),
  defineCommand({
    name: "graph",
    summary: "print the graph of steps",
    options: {
      format: {
        type: "string",
        choices: GRAPH_FORMATS,
        default: "mermaid",
        describe: "the language to print it in",
      },
      ...TEST_OPTION,
    },
    run: async (session, { format, test }) =>
      (await import("./commands/graph.ts")).graph(session, { format, noTest: !test }),
  }),
  defineCommand({
    name: "run",
    summary: "start the image here and show its log",
    options: {
      port: { type: "number", alias: "p", default: 0, describe: "port on 127.0.0.1; 0 for any free one" },
      detach: { type: "boolean", alias: "d", default: false, describe: "return once it is ready" },
      watch: {
        type: "boolean",
        default: false,
        describe: "use the code in this folder, and reload it when it changes, without a build",
      },
    },
    run: async (session, { port, detach, watch }) =>
      (await import("./commands/run.ts")).run(session, { port, detach, watch }),
  }),
  defineCommand({
    name: "stop",
    summary: "stop the service that run started",
    run: async (session) => (await import("./commands/stop.ts")).stop(session),
  }),
  defineCommand({
    name: "logs",
    summary: "print the log of the running service",
    options: {
      follow: {
        type: "boolean",
        alias: "f",
        default: false,
        describe: "follow the log until the service ends; also -f, after the command",
      },
      tail: { type: "number", default: 200, describe: "how many of its last lines to print" },
    },
    run: async (session, { follow, tail }) =>
      (await import("./commands/logs.ts")).logs(session, { follow, tail }),
  }),
  defineCommand({
    name: "score",
    summary: "send a request to the running service and print the answer",
    options: {
      data: { type: "string", describe: "the body; @file for a file's content, - for standard input" },
      "content-type": { type: "string", default: "application/json", describe: "what the body is" },
      url: { type: "string", describe: "the address of another service" },
      repeat: {
        type: "number",
        alias: "n",
        default: 1,
        minimum: 1,
        describe: "send the request this many times, and print latencies",
      },
      concurrency: {
        type: "number",
        alias: "c",
        default: 1,
        minimum: 1,
        describe: "how many requests to send at once",
      },
    },
    run: async (session, values) =>
      (await import("./commands/score.ts")).score(session, {
        data: values.data,
        contentType: values["content-type"],
        url: values.url,
        repeat: values.repeat,
        concurrency: values.concurrency,
      }),
  }),
  defineCommand({
    name: "client",
    summary: "print a small program that asks the service",
    options: {
      lang: {
        type: "string",
        choices: CLIENT_LANGUAGES,
        default: "python",
        describe: "the language to write it in",
      },
      url: { type: "string", describe: "the address to ask; default: the service running here" },
    },
    run: async (session, { lang, url }) =>
      (await import("./commands/client.ts")).client(session, { language: lang, url }),
  }),
  defineCommand({
    name: "save",
    summary: "write a folder that plain `docker build` makes the image from",
    positionals: [
      { name: "folder", isRequired: true, completion: "folder", describe: "where to, inside the package" },
    ],
    options: { ...RUN_OPTIONS, ...FROZEN_OPTION },
    run: async (session, values) =>
      (await import("./commands/save.ts")).save(session, {
        ...runOptions(values),
        frozen: values.frozen,
        folder: values.folder,
      }),
  }),
  defineCommand({
    name: "pull",
    summary: "pull the pushed images, by digest",
    run: async (session) => (await import("./commands/pull.ts")).pull(session),
  }),
  defineCommand({
    name: "deploy",
    summary: "print Kubernetes manifests or a compose file for the pushed image",
    options: {
      format: {
        type: "string",
        choices: DEPLOYMENT_FORMATS,
        default: "kubernetes",
        describe: "what to write it for",
      },
      replicas: { type: "number", default: 1, minimum: 1, describe: "how many containers to run" },
      namespace: { type: "string", describe: "the Kubernetes namespace; default: the one `kubectl` uses" },
      name: { type: "string", describe: "the name of the service; default: the name of the package" },
    },
    run: async (session, { format, replicas, namespace, name }) =>
      (await import("./commands/deploy.ts")).deploy(session, { format, replicas, namespace, name }),
  }),
  defineCommand({
    name: "registry",
    summary: "show the address and user name of each output's registry",
    options: {
      "show-password": { type: "boolean", default: false, describe: "show the password too" },
    },
    run: async (session, values) =>
      (await import("./commands/registry.ts")).registry(session, { showPassword: values["show-password"] }),
  }),
  defineCommand({
    name: "model",
    summary: "push models to a registry as a ModelPack, pull one, or show what one is",
    positionals: [
      {
        name: "action",
        isRequired: true,
        choices: ["push", "pull", "inspect"],
        describe: "what to do: push models of the file, pull one into a folder, or inspect one",
      },
      {
        name: "reference",
        isRequired: true,
        describe: "the model in the registry: registry.example.com/team/ridge:3",
      },
      {
        name: "folder",
        isRequired: false,
        completion: "folder",
        describe: "where pull puts it; default: a folder named after the repository",
      },
    ],
    options: {
      only: { type: "list", takes: "all", describe: "which models to push, by name; default: all" },
      force: { type: "boolean", default: false, describe: "pull over what is in the folder" },
      ...RUN_OPTIONS,
    },
    run: async (session, values) =>
      (await import("./commands/model.ts")).model(session, {
        ...runOptions(values),
        action: values.action,
        reference: values.reference,
        folder: values.folder,
        only: values.only,
        force: values.force,
      }),
  }),
  defineCommand({
    name: "cache",
    summary: "list, check, clear, export or import the cache",
    positionals: [
      {
        name: "action",
        isRequired: true,
        choices: ["ls", "du", "verify", "gc", "clear", "export", "import"],
        describe: "what to do",
      },
      {
        name: "archive",
        isRequired: false,
        completion: "file",
        describe: "the file to export to or import from",
      },
    ],
    options: {
      "max-size": { type: "string", describe: "how much gc may leave, such as 20GB" },
    },
    run: async (session, values) =>
      (await import("./commands/cache.ts")).cache(session, {
        action: values.action,
        file: values.archive,
        maximumSize: values["max-size"],
      }),
  }),
  defineCommand({
    name: "doctor",
    summary: "look for what is wrong with this machine, and say how to fix it",
    run: async (session) => (await import("./commands/doctor.ts")).doctor(session),
  }),
  defineCommand({
    name: "explain",
    summary: "explain the code of a message; without one, list all codes",
    positionals: [
      {
        name: "code",
        isRequired: false,
        completion: "code",
        describe: "a code from a message, such as config/unknown-key",
      },
    ],
    run: async (session, { code }) => (await import("./commands/explain.ts")).explain(session, code),
  }),
  defineCommand({
    name: "schema",
    summary: "print the JSON Schema of the file",
    run: async (session) => (await import("./commands/schema.ts")).schema(session),
  }),
  defineCommand({
    name: "completion",
    summary: "print the completion script for a shell",
    positionals: [
      { name: "shell", isRequired: false, choices: SHELLS, describe: "the shell; default: that of $SHELL" },
    ],
    notes: INSTALLING,
    run: async (session, { shell }) =>
      (await import("./commands/completion.ts")).completion(session, shell, {
        shared: COMMON_OPTIONS,
        commands: COMMANDS,
      }),
  }),
];

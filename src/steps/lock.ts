import path from "node:path";
import type { EnvironmentConfig, PythonConfig } from "../model/config.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { digestOfValue } from "../model/digest.ts";
import type { LockedPackages, LockedPlatforms } from "../model/lock-file.ts";
import type { StepOutput } from "../model/outcome.ts";
import { wordOtherPython } from "../model/python-versions.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Step } from "../model/step.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import { type BaseInputs, type BuildInBase, buildInBase, folderOfPlatform } from "./build-in-base.ts";
import { condaFor } from "./conda.ts";
import { ENVIRONMENT_STAGE, loginsAmong } from "./dockerfile.ts";
import { layOutEnvironment } from "./image-layout.ts";
import { LOCK_OF_CONDA, lockConda } from "./lock-conda.ts";
import {
  ANSWER_FILES,
  ASKING_STAGE,
  isPipAsked,
  LOCK_STAGE,
  renderPythonQuestion,
  renderSystemQuestion,
} from "./lock-dockerfile.ts";
import { readPipReports, readSystemPackages } from "./read-answers.ts";
import { readPinned, type Tree } from "./store-inputs.ts";
import { nameRequirements } from "./store-requirements.ts";

export const LOCK = "lock:packages";

type LockStepInputs =
  /** The lock says it. */
  { readonly locked: LockedPlatforms } | { readonly asked: Asked };

type Asked = BaseInputs & {
  readonly environment: Pick<EnvironmentConfig, "python" | "systemPackages">;
  readonly isServed: boolean;
  readonly requirements: Tree;
  readonly findLinks: Readonly<Record<string, Tree>>;
  readonly system?: LockedPlatforms;
  /** Of platforms that need not be asked. */
  readonly known: LockedPlatforms;
};

/** Finds out what exactly is to be installed: the lock says it, or apt and pip are asked in the base image itself. */
export const lockKind: StepKind = {
  kind: "lock",
  version: 1,
  summary: "finds out which packages are to be installed",
  shareable: false,
  timeoutMs: 2 * 60 * 60_000,
  attempts: 1,
  async run(step, context) {
    if (step.id === LOCK_OF_CONDA) return lockConda(step, context);
    const inputs = step.inputs as unknown as LockStepInputs;
    if ("locked" in inputs) return succeed(outputOf(inputs.locked));
    const asked = await ask({ ...inputs.asked, ...condaFor(step, context) }, context);
    return asked.ok ? succeed(outputOf(asked.value)) : asked;
  },
  /** Where the lock says it, there is nothing to find out. */
  foresee: async (step) => outputWhereLocked(step),
  /** What an index has changes: only a lock holds it still. */
  findMissing: async ({ inputs }) => ("locked" in inputs ? undefined : "the answer in the lock"),
};

function outputOf(platforms: LockedPlatforms): StepOutput {
  const values = { platforms } as unknown as SerializableRecord;
  return { digest: digestOfValue(values), files: [], values };
}

/** What it will have made, where that is known without running it. */
export function outputWhereLocked(step: Step): StepOutput | undefined {
  const inputs = step.inputs as unknown as LockStepInputs;
  return "locked" in inputs ? outputOf(inputs.locked) : undefined;
}

export function packagesOfLock(output: StepOutput): LockedPlatforms {
  return (output.values as { readonly platforms: unknown }).platforms as LockedPlatforms;
}

/** What is installed for a step; nothing where nothing is asked for. */
export function packagesFor({ needs }: Step, context: StepContext): LockedPlatforms {
  return needs.includes(LOCK) ? packagesOfLock(context.outputOf(LOCK)) : {};
}

/** apt first: what pip finds installed it need not install. */
async function ask(inputs: Asked, context: StepContext): Promise<Result<LockedPlatforms>> {
  const system = inputs.system === undefined ? await askApt(inputs, context) : succeed(inputs.system);
  if (!system.ok) return system;
  const python = await askPip(inputs, system.value, context);
  if (!python.ok) return python;
  const platforms = inputs.platforms.map((platform): readonly [string, LockedPackages] => {
    const { systemPackages = {} } = system.value[platform] ?? {};
    return [platform, { systemPackages, python: python.value.get(platform) ?? [] }];
  });
  return succeed({ ...inputs.known, ...Object.fromEntries(platforms) });
}

async function askApt(inputs: Asked, context: StepContext): Promise<Result<LockedPlatforms>> {
  const { systemPackages } = inputs.environment;
  if (systemPackages.length === 0) return succeed({});
  const answers = await answersTo(
    inputs,
    {
      render: (base) => renderSystemQuestion({ base, systemPackages }),
      mounts: [],
      files: [],
      freshStages: [ENVIRONMENT_STAGE, LOCK_STAGE],
    },
    context,
  );
  if (!answers.ok) return answers;
  const platforms = answers.value.map(([platform, files]): readonly [string, LockedPackages] => {
    const architecture = demandAnswer(files, ANSWER_FILES.architecture).trim();
    const packages = readSystemPackages(demandAnswer(files, ANSWER_FILES.systemPackages), architecture);
    return [platform, { systemPackages: packages, python: [] }];
  });
  return succeed(Object.fromEntries(platforms));
}

type PythonPackages = ReadonlyMap<string, LockedPackages["python"]>;

async function askPip(
  inputs: Asked,
  system: LockedPlatforms,
  context: StepContext,
): Promise<Result<PythonPackages>> {
  const layout = layOutEnvironment(inputs);
  const { python } = inputs.environment;
  const hasDigests = await namesDigests(inputs, context);
  const logins = loginsAmong(inputs.secrets);
  const question = { python, logins, isServed: inputs.isServed, hasDigests, system };
  if (!isPipAsked(question, layout)) return succeed(new Map());
  const answers = await answersTo(
    inputs,
    {
      render: (base) => renderPythonQuestion({ ...question, base }, layout),
      mounts: [...layout.requirements, ...layout.wheels],
      files: await nameRequirements(inputs, layout, context),
      freshStages: [ASKING_STAGE, LOCK_STAGE],
    },
    context,
  );
  if (!answers.ok) return answers;
  const read = answers.value.map(([platform, files]): Result<readonly [string, LockedPackages["python"]]> => {
    const server = files.get(ANSWER_FILES.server);
    const other = findOtherPython(python, files);
    if (other !== undefined) return fail(other);
    const own = layout.requirementsFile === undefined ? [] : [demandAnswer(files, ANSWER_FILES.python)];
    const packages = readPipReports([...own, ...(server === undefined ? [] : [server])]);
    return packages.ok ? succeed([platform, packages.value]) : packages;
  });
  const all = combine(read);
  return all.ok ? succeed(new Map(all.value)) : all;
}

/** Then pip was asked nothing. */
function findOtherPython(
  { requirements, pythonVersions }: PythonConfig,
  answers: Answers,
): Diagnostic | undefined {
  const version = answers.get(ANSWER_FILES.pythonVersion);
  const isAnswered = answers.has(ANSWER_FILES.python) || answers.has(ANSWER_FILES.server);
  if (version === undefined || pythonVersions === undefined || isAnswered) return undefined;
  const source = "list" in requirements ? requirements.from : undefined;
  if (source === undefined) throw new Error("a version of Python was asked for by nobody");
  return { ...wordOtherPython(pythonVersions, version.trim(), source.path), path: source.pointer };
}

/** With one digest among the requirements pip demands them all. */
async function namesDigests(
  { requirements, environment }: Pick<Asked, "requirements" | "environment">,
  context: StepContext,
): Promise<boolean> {
  const files = Object.keys(requirements).map((name) => readPinned(name, requirements, context));
  const own = environment.python.requirements;
  const texts = [...(await Promise.all(files)), ...("list" in own ? own.list : [])];
  return texts.some((text) => /^[^#\n]*--(hash|require-hashes)/m.test(text));
}

type Question = Pick<BuildInBase, "render" | "mounts" | "files" | "freshStages">;

/** The texts of a platform's answers, by the names of their files. */
type Answers = ReadonlyMap<string, string>;

/** Has buildx ask, on all platforms. */
async function answersTo(
  inputs: Asked,
  question: Question,
  context: StepContext,
): Promise<Result<readonly (readonly [platform: string, Answers])[]>> {
  const work = await context.makeWorkDirectory();
  const filesFolder = path.join(work, "answers");
  const layoutFolder = path.join(work, "layout");
  const request = { ...question, target: LOCK_STAGE, layoutFolder, filesFolder, noCache: context.force };
  const built = await buildInBase(inputs, request, work, context);
  if (!built.ok) return built;
  const { platforms } = inputs;
  return succeed(
    await Promise.all(
      platforms.map(async (platform) => {
        const folder = folderOfPlatform(filesFolder, platforms, platform);
        return [platform, await readAnswers(folder, context)] as const;
      }),
    ),
  );
}

async function readAnswers(folder: string, { host }: StepContext): Promise<Answers> {
  const names = Object.values(ANSWER_FILES);
  const texts = await Promise.all(
    names.map(async (name) => {
      const place = path.join(folder, name);
      const isThere = (await host.files.status(place))?.type === "file";
      return isThere ? [[name, await host.files.readText(place)] as const] : [];
    }),
  );
  return new Map(texts.flat());
}

function demandAnswer(answers: Answers, name: string): string {
  const text = answers.get(name);
  if (text === undefined) throw new Error(`there is no answer called ${name}`);
  return text;
}

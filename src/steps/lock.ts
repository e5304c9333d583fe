import path from "node:path";
import { normalPlatform } from "../images/manifest.ts";
import type { EnvironmentConfig, PythonConfig } from "../model/config.ts";
import { digestOfValue } from "../model/digest.ts";
import type { LockedPackages, LockedPlatforms } from "../model/lock-file.ts";
import type { StepOutput } from "../model/outcome.ts";
import { combine, type Result, succeed } from "../model/result.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Step } from "../model/step.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import { type BaseInputs, buildInBase } from "./build-in-base.ts";
import { ENVIRONMENT_STAGE } from "./dockerfile.ts";
import { layOutEnvironment } from "./image-layout.ts";
import { ANSWER_FILES, LOCK_STAGE, renderLock } from "./lock-dockerfile.ts";
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
    const inputs = step.inputs as unknown as LockStepInputs;
    if ("locked" in inputs) return succeed(outputOf(inputs.locked));
    const asked = await ask(inputs.asked, context);
    return asked.ok ? succeed(outputOf(asked.value)) : asked;
  },
  /** What an index has changes: only a lock holds it still. */
  findMissing: async ({ inputs }) => ("locked" in inputs ? undefined : "an answer of today"),
};

function outputOf(platforms: LockedPlatforms): StepOutput {
  const values = { platforms } as unknown as SerializableRecord;
  return { digest: digestOfValue(values), files: [], values };
}

export function packagesOfLock(output: StepOutput): LockedPlatforms {
  return (output.values as { readonly platforms: unknown }).platforms as LockedPlatforms;
}

/** What is installed for a step; nothing where nothing is asked for. */
export function packagesFor({ needs }: Step, context: StepContext): LockedPlatforms {
  return needs.includes(LOCK) ? packagesOfLock(context.outputOf(LOCK)) : {};
}

async function ask(inputs: Asked, context: StepContext): Promise<Result<LockedPlatforms>> {
  const work = await context.makeWorkDirectory();
  const layout = layOutEnvironment(inputs);
  const filesFolder = path.join(work, "answers");
  const hasDigests = await namesDigests(inputs.requirements, context);
  const built = await buildInBase(
    inputs,
    {
      render: (base) => renderLock({ ...inputs, base, hasDigests }, layout),
      target: LOCK_STAGE,
      mounts: [...layout.requirements, ...layout.wheels],
      files: await nameRequirements(inputs, layout, context),
      layoutFolder: path.join(work, "layout"),
      filesFolder,
      noCache: context.force,
      freshStages: [ENVIRONMENT_STAGE, LOCK_STAGE],
    },
    work,
    context,
  );
  if (!built.ok) return built;
  const { platforms } = inputs;
  const answers = await Promise.all(
    platforms.map(async (platform): Promise<Result<readonly [string, LockedPackages]>> => {
      // As buildx lays it out.
      const name = platforms.length > 1 ? normalPlatform(platform).replaceAll("/", "_") : "";
      const read = await readAnswers(path.join(filesFolder, name), inputs, context);
      const known = inputs.system?.[platform];
      return read.ok ? succeed([platform, { ...read.value, ...(known && pickSystem(known)) }]) : read;
    }),
  );
  const all = combine(answers);
  return all.ok ? succeed({ ...inputs.known, ...Object.fromEntries(all.value) }) : all;
}

/** With one digest among the requirements pip demands them all. */
async function namesDigests(requirements: Tree, context: StepContext): Promise<boolean> {
  const texts = await Promise.all(
    Object.keys(requirements).map((name) => readPinned(name, requirements, context)),
  );
  return texts.some((text) => /^[^#\n]*--(hash|require-hashes)/m.test(text));
}

function pickSystem({ systemPackages }: LockedPackages): Pick<LockedPackages, "systemPackages"> {
  return { systemPackages };
}

function hasRequirements({ requirements }: PythonConfig): boolean {
  return "file" in requirements || requirements.list.length > 0;
}

async function readAnswers(
  folder: string,
  { environment, system: known }: Asked,
  { host }: StepContext,
): Promise<Result<LockedPackages>> {
  const read = async (name: string): Promise<string | undefined> => {
    const place = path.join(folder, name);
    const isThere = (await host.files.status(place))?.type === "file";
    return isThere ? host.files.readText(place) : undefined;
  };
  const [architecture, system, python, server] = await Promise.all(
    [ANSWER_FILES.architecture, ANSWER_FILES.systemPackages, ANSWER_FILES.python, ANSWER_FILES.server].map(
      read,
    ),
  );
  const isRequired = environment.python.managed && hasRequirements(environment.python);
  const isAskedOfApt = known === undefined && environment.systemPackages.length > 0;
  if ((isAskedOfApt && system === undefined) || (isRequired && python === undefined))
    throw new Error(`there are no answers in ${folder}`);
  const packages = readPipReports([python, server].flatMap((text) => text ?? []));
  if (!packages.ok) return packages;
  return succeed({
    systemPackages: readSystemPackages(system ?? "", (architecture ?? "").trim()),
    python: packages.value,
  });
}

import type { Environment } from "../model/config.generated.ts";
import type { Files } from "../model/host.ts";
import { type ChosenPython, choosePython } from "./choose-python.ts";
import type { FoundModel } from "./find-models.ts";
import type { FoundRequirements } from "./find-requirements.ts";
import type { Needs, WantedPython } from "./needs.ts";
import { needsOfModel } from "./needs-of-model.ts";
import type { WrittenScript } from "./write-script.ts";

export type ChosenEnvironment = {
  readonly environment?: Environment;
  readonly comments: readonly string[];
  readonly python: ChosenPython;
  readonly toDo: readonly string[];
};

type EnvironmentRequest = {
  readonly directory: string;
  readonly models: readonly FoundModel[];
  readonly requirements: readonly FoundRequirements[];
  readonly written: WrittenScript | undefined;
  readonly files: Files;
};

/** The dependencies that somebody has written down, else those that the models and the script need. */
export async function chooseEnvironment(request: EnvironmentRequest): Promise<ChosenEnvironment> {
  const { directory, models, requirements, written, files } = request;
  const all = await Promise.all(models.map((model) => needsOfModel(model, directory, files)));
  const lines = linesOf([...all, { requirements: written?.requirements ?? [] }]);
  const systemPackages = unique(all, (one) => one.systemPackages);
  const system = systemPackages.length > 0 && { system_packages: systemPackages };
  const [file, ...others] = requirements;
  if (file !== undefined) {
    const also = others.map(({ path }) => path).join(", ");
    const python = choosePython(pythonsOf(file, all));
    // Who has written the script as well knows what it reads a pickle with, and what is pickled.
    const isTheirs = written === undefined;
    const needed = isTheirs ? lines.filter((line) => !READERS.includes(line)) : lines;
    return {
      environment: { ...file.environment, ...system },
      comments: also === "" ? [] : [`There are ${also} as well.`],
      python,
      toDo: [...wordMissing(file, needed), ...(isTheirs ? [] : toDoOf(all)), ...python.toDo],
    };
  }
  const [first, ...rest] = unique(all, (one) => one.file);
  const isAlone = first !== undefined && rest.length === 0 && lines.length === 0;
  const list = isAlone ? first : lines.length > 0 ? lines : undefined;
  const indices = unique(all, (one) => one.extraIndex);
  const python = list !== undefined && {
    python: { requirements: list, ...(indices.length > 0 && { extra_index_urls: indices }) },
  };
  const chosen = choosePython(unique(all, (one) => one.pythons));
  const unlisted = isAlone ? [] : unique(all, (one) => one.file);
  return {
    ...((python !== false || system !== false) && { environment: { ...python, ...system } }),
    comments: unique(all, ({ told, file }) => (file === undefined || isAlone ? told : [])),
    python: chosen,
    toDo: [
      ...unlisted.map((path) => `add what \`${path}\` lists to the requirements`),
      ...toDoOf(all),
      ...chosen.toDo,
    ],
  };
}

/** What a pickle is read with. */
const READERS: readonly string[] = ["joblib", "numpy"];

/** A name alone says nothing where another line says which version. */
function linesOf(all: readonly Needs[]): string[] {
  const lines = unique(all, ({ requirements }) => requirements);
  return lines.filter((line) => !lines.some((other) => other !== line && nameOf(other) === line));
}

/** What any of them has, once. */
function unique<Value>(
  all: readonly Needs[],
  get: (needs: Needs) => readonly Value[] | Value | undefined,
): Value[] {
  return [...new Set(all.flatMap((needs) => get(needs) ?? []))];
}

function toDoOf(all: readonly Needs[]): readonly string[] {
  return unique(all, ({ toDo }) => toDo);
}

function wordMissing({ path, names }: FoundRequirements, lines: readonly string[]): readonly string[] {
  const missing = names === undefined ? [] : lines.filter((line) => !isAmong(nameOf(line), names));
  return missing.length === 0 ? [] : [`add to ${path}: ${missing.join(", ")}`];
}

/** A file that asks conda for Python has it from there. */
function pythonsOf(file: FoundRequirements, all: readonly Needs[]): readonly WantedPython[] {
  if (file.isOfConda) return [];
  return file.python === undefined
    ? unique(all, ({ pythons }) => pythons)
    : [{ versions: file.python, why: `${file.path} asks for Python ${file.python}.` }];
}

function nameOf(line: string): string {
  return line.replace(/[^\w.-].*$/, "");
}

/** As conda calls what PyPI calls otherwise. */
const OF_CONDA: Readonly<Record<string, readonly string[]>> = {
  lightgbm: ["py-lightgbm"],
  torch: ["pytorch"],
  xgboost: ["py-xgboost"],
};

/** A package has variants for other machines, such as `onnxruntime-gpu`. */
const VARIANT = /^-(?:cpu|gpu|directml|intel|macos|metal|nightly|openvino|rocm|cu\d+|cuda\d*)$/;

function isAmong(name: string, names: readonly string[]): boolean {
  const known = [name, ...(OF_CONDA[name] ?? [])];
  return known.some((one) =>
    names.some((other) => other === one || (other.startsWith(one) && VARIANT.test(other.slice(one.length)))),
  );
}

import { locate } from "../document/locate.ts";
import type { Config } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import type { Files } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { applyDefaults } from "./apply-defaults.ts";
import { castInterpolated } from "./cast-interpolated.ts";
import { checkExpectations } from "./check-expectations.ts";
import { checkPaths } from "./check-paths.ts";
import { checkReferences } from "./check-references.ts";
import { chooseScript } from "./choose-script.ts";
import type { UnchosenProfile } from "./combine-documents.ts";
import { explainVariables, secretVariables } from "./explain-variables.ts";
import { interpolate } from "./interpolate.ts";
import type { KnownNames } from "./known-names.ts";
import { type RequirementsMemory, readRequirements } from "./read-requirements.ts";
import { salvage } from "./salvage.ts";
import { findSchemaErrors } from "./validate.ts";
import { wordErrors } from "./word-errors.ts";

export type ReadOptions = KnownNames & {
  /** The profiles of the file that nobody chose. */
  readonly unchosen?: readonly UnchosenProfile[];
  /** The folder that holds the file, absolute. */
  readonly directory: string;
};

export type CheckOptions = ReadOptions & {
  readonly files: Files;
  readonly memory?: RequirementsMemory;
  /** What is wrong with it besides, in the eyes of who knows more than we do. */
  readonly check?: (config: Config, document: Document) => Promise<readonly Diagnostic[]>;
};

/** The configuration that a document stands for, or all that is wrong with it, the files it names left aside. */
export function readConfig(document: Document, options: ReadOptions): Result<Config> {
  const { config, diagnostics, explain } = draftConfig(document, options);
  return settle(document, config, explain([...diagnostics, ...referencesOf(document, config)]));
}

/** The same, and every path it names looked at as well. */
export async function readCheckedConfig(document: Document, options: CheckOptions): Promise<Result<Config>> {
  const { config: draft, diagnostics, explain } = draftConfig(document, options);
  if (draft === undefined) return settle(document, draft, explain(diagnostics));
  const read = await readRequirements(draft, document, options.files, options.memory);
  const config = read.ok ? read.value : draft;
  const told = [...diagnostics, ...(read.ok ? read.warnings : read.diagnostics)];
  const paths = await checkPaths(config, document, options.files);
  const expectations = await checkExpectations(config, document, options.files);
  const served = await chooseScript(config, document, options.files, [...diagnostics, ...paths]);
  const all = [
    ...told,
    ...referencesOf(document, config),
    ...paths,
    ...expectations,
    ...((await options.check?.(config, document)) ?? []),
    ...(served.ok ? served.warnings : served.diagnostics),
  ];
  return settle(document, served.ok ? served.value : config, explain(all));
}

type Draft = {
  readonly config: Config | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Adds which variables gave the values that diagnostics are about, and what is wrong with profiles that nobody chose. */
  readonly explain: (diagnostics: readonly Diagnostic[]) => readonly Diagnostic[];
};

/** The configuration as far as it can be understood. */
function draftConfig(document: Document, options: ReadOptions): Draft {
  const { value, unreadable, diagnostics, changed } = checkValues(document, options);
  const file = salvage(value, unreadable);
  const unchosen = (options.unchosen ?? []).flatMap((profile) => checkUnchosen(profile, options));
  return {
    config: file === undefined ? undefined : applyDefaults(file, options.directory),
    diagnostics: [...diagnostics, ...findNestedProfiles(document)],
    explain: (told) => [
      ...explainVariables(told, changed, secretVariables(value, options.variables)),
      ...unchosen,
    ],
  };
}

/** The value with its variables replaced, and what is wrong with it by the schema; `unreadable` are pointers. */
function checkValues(document: Document, names: KnownNames) {
  const interpolation = interpolate(document, names);
  const unreadable = interpolation.diagnostics.flatMap(({ path }) => path ?? []);
  const value = castInterpolated(interpolation);
  const words = wordErrors(document, findSchemaErrors(value));
  const diagnostics = words.filter(({ path = "" }) => !unreadable.includes(path));
  const { changed } = interpolation;
  return { value, unreadable, changed, diagnostics: [...interpolation.diagnostics, ...diagnostics] };
}

/** What is wrong with a profile whatever is around it. Its variables are not set, and its files not there, until it is chosen. */
function checkUnchosen({ name, document }: UnchosenProfile, options: ReadOptions): readonly Diagnostic[] {
  const { value, unreadable, changed, diagnostics } = checkValues(document, options);
  const file = salvage(value, unreadable);
  const config = file === undefined ? undefined : applyDefaults(file, options.directory);
  const told = [...diagnostics, ...referencesOf(document, config)].filter(
    ({ code, path = "" }) => code !== "config/unset-variable" && document.ranges.get(path)?.profile === name,
  );
  return explainVariables(told, changed, secretVariables(value, options.variables));
}

function findNestedProfiles(document: Document): readonly Diagnostic[] {
  return [...document.ranges.keys()]
    .filter((pointer) => /^\/profiles\/[^/]+\/profiles$/.test(pointer))
    .map((path) =>
      errorDiagnostic("config/nested-profiles", "a profile cannot have `profiles` of its own", {
        location: locate(document, path, "key"),
        path,
        hint: "move it up beside the others; to combine them, type `--profile one --profile other`",
      }),
    );
}

function referencesOf(document: Document, config: Config | undefined): readonly Diagnostic[] {
  return config === undefined ? [] : checkReferences(config, document);
}

/** Told in the order of the files. */
function settle(
  { overlays }: Document,
  config: Config | undefined,
  diagnostics: readonly Diagnostic[],
): Result<Config> {
  const fileOf = ({ location }: Diagnostic) =>
    location === undefined ? -1 : overlays.indexOf(location.file);
  const placeOf = ({ location }: Diagnostic) => location?.range.start ?? 0;
  const sorted = diagnostics.toSorted((a, b) => fileOf(a) - fileOf(b) || placeOf(a) - placeOf(b));
  if (config === undefined || sorted.some(({ severity }) => severity === "error")) return fail(...sorted);
  return succeed(config, sorted);
}

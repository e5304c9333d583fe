import path from "node:path";
import { draftPackage } from "../../drafts/draft-package.ts";
import { findModels } from "../../drafts/find-models.ts";
import { isModel, surveyFolder } from "../../drafts/survey-folder.ts";
import { wordLeftOut, writeDraft } from "../../drafts/write-draft.ts";
import { errorDiagnostic } from "../../model/diagnostic.ts";
import type { Draft } from "../../model/draft.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { diagnosticToJson } from "../../report/diagnostic-json.ts";
import { checkDraftPlaces } from "../check-draft-places.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { openPackage } from "../open-package.ts";
import { readGitRemote, repositoryOf } from "../read-git-remote.ts";
import { refuse } from "../refuse.ts";
import { reportDiagnostics, type Session, tell } from "../session.ts";

export type InitOptions = {
  /** The package's, relative to `-C`. */
  readonly folder: string | undefined;
  /** Another tool's file, or a folder with one: convert it. Relative to `-C`. */
  readonly from: string | undefined;
  /** Replace a configuration file that is there. */
  readonly force: boolean;
  /** Print what would be written. */
  readonly dryRun: boolean;
  /** Write one to be filled in where there is no model. */
  readonly template: boolean;
};

/** A draft with what is said of it on the way. */
type Drafted = { readonly draft: Draft; readonly told: readonly string[]; readonly toDo: readonly string[] };

/** Writes a configuration file for what lies in a folder. */
export async function init(session: Session, options: InitOptions): Promise<number> {
  const [file = "mlpackage.yaml", ...others] = session.options.file;
  if (others.length > 0) return refuse(session, wordSeveral(session, options));
  const folder = path.resolve(session.workingDirectory, session.options.directory, options.folder ?? ".");
  const configPath = path.resolve(folder, file);
  // A package is the folder of its file, wherever `-f` says that this is.
  const directory = path.dirname(configPath);
  const free = await checkPlaces(session, directory, configPath, options);
  if (!free.ok) return refuse(session, ...free.diagnostics);
  const drafted = await (options.from === undefined
    ? draftFolder(session, directory, options)
    : convert(session, directory, options.from));
  if (!drafted.ok) return refuse(session, ...drafted.diagnostics);
  const { draft } = drafted.value;
  const text = await writeDraft(draft);
  const places = await checkDraftPlaces(session, directory, draft);
  if (options.dryRun) print(session, drafted.value, path.basename(configPath), text);
  if (!places.ok) return refuse(session, ...places.diagnostics);
  if (options.dryRun) return EXIT.done;
  const { files } = session.host;
  for (const one of places.value) {
    await files.makeDirectory(path.dirname(one.place));
    await files.writeAtomically(one.place, one.text);
  }
  await files.writeAtomically(configPath, text);
  return conclude(session, drafted.value, configPath, [
    ...places.value.map(({ place }) => place),
    configPath,
  ]);
}

function wordSeveral(session: Session, options: InitOptions) {
  const { file } = session.options;
  const alone = { ...session, options: { ...session.options, file: file.slice(0, 1) } };
  return errorDiagnostic(
    "cli/excess-argument",
    `\`-f\` names ${file.length} files, and \`init\` writes one`,
    { hint: `type \`${wordCall(alone, options)}\`` },
  );
}

async function checkPlaces(
  session: Session,
  directory: string,
  configPath: string,
  options: InitOptions,
): Promise<Result<void>> {
  const { workingDirectory } = session;
  const { files } = session.host;
  const shown = path.relative(workingDirectory, directory) || ".";
  const folder = await files.status(directory);
  if (folder?.type !== "directory") {
    const what = folder === undefined ? "does not exist" : "is not a folder";
    return fail(
      errorDiagnostic("cli/no-folder", `\`${shown}\` ${what}`, {
        hint: "write the folder that holds the model",
      }),
    );
  }
  const there = await files.status(configPath);
  const name = path.relative(workingDirectory, configPath);
  if (there !== undefined && there.type !== "file")
    return fail(
      errorDiagnostic("cli/place-taken", `\`${name}\` exists, and is not a file`, {
        hint: "choose another file with `-f`",
      }),
    );
  if (there === undefined || options.force || options.dryRun) return succeed(undefined);
  const hint = `type \`${wordCall(session, options)} --force\` to replace it, or add \`--dry-run\` to see what would be written`;
  return fail(errorDiagnostic("cli/place-taken", `\`${name}\` exists already`, { hint }));
}

/** The call as it was given, to be given again with more. */
function wordCall(
  { options: { directory, file } }: Session,
  { folder, from, template }: InitOptions,
): string {
  const words = [
    ...(directory === "." ? [] : ["-C", directory]),
    ...file.flatMap((one) => (one === "mlpackage.yaml" ? [] : ["-f", one])),
    "init",
    ...(folder === undefined ? [] : [folder]),
    ...(from === undefined ? [] : ["--from", from]),
    ...(template ? ["--template"] : []),
  ];
  return ["mlpackage", ...words.map(quote)].join(" ");
}

async function draftFolder(
  session: Session,
  directory: string,
  options: InitOptions,
): Promise<Result<Drafted>> {
  const { host } = session;
  const survey = await surveyFolder(directory, host.files);
  if (isModel(survey.names)) return fail(wordModelFolder(session, directory));
  const found = await findModels(directory, survey, host.files);
  const remote = await readGitRemote(directory, host);
  const repository = remote && repositoryOf(remote);
  const drafted = await draftPackage({
    ...{ directory, survey, found, files: host.files, isTemplate: options.template },
    name: remote?.folder === "" ? path.posix.basename(remote.path) : path.basename(directory),
    ...(repository !== undefined && { repository }),
    readTemplate: (name) => host.files.readText(path.join(session.templatesDirectory, name)),
  });
  if (drafted !== undefined) return succeed(drafted);
  const shown = path.relative(session.workingDirectory, directory) || ".";
  return fail(
    errorDiagnostic(
      "cli/no-model",
      `there is no model in \`${shown}\`, and no script with \`init\` and \`run\``,
      {
        excerpt: [...found.others.map(({ source, why }) => `${source}: ${why}`), ...survey.untold].slice(
          0,
          10,
        ),
        hint: `copy one into the folder: ${LOOKED_FOR}; or write a file to fill in with \`${wordCall(session, { ...options, template: true })}\``,
      },
    ),
  );
}

/** By the importers, which are loaded for this alone. */
async function convert(session: Session, directory: string, from: string): Promise<Result<Drafted>> {
  const { importFile } = await import("../../importers/index.ts");
  const place = path.resolve(session.workingDirectory, session.options.directory, from);
  const shown = path.relative(session.workingDirectory, place) || ".";
  const imported = await importFile({ path: place, shown, directory, files: session.host.files });
  return imported.ok ? succeed({ draft: imported.value, told: [], toDo: [] }) : imported;
}

const LOOKED_FOR =
  "pickles (`.pkl`, `.pickle`, `.joblib`), ONNX (`.onnx`), safetensors, GGUF, PyTorch files (`.pt`, `.pth`), Keras (`.keras`, `.h5`), XGBoost (`.json`, `.ubj`, `.model`) and LightGBM (`.txt`), and the folders of MLflow (`MLmodel`), TensorFlow (`saved_model.pb`) and Transformers (`config.json`)";

function wordModelFolder({ workingDirectory }: Session, directory: string) {
  const shown = path.relative(workingDirectory, directory) || ".";
  const above = path.relative(workingDirectory, path.dirname(directory)) || ".";
  return errorDiagnostic("cli/folder-is-model", `\`${shown}\` is itself a model`, {
    hint: `type \`mlpackage init ${above}\`, once that folder holds nothing but the model`,
  });
}

function print(session: Session, drafted: Drafted, name: string, text: string): void {
  const all = { ...drafted.draft.files, [name]: text };
  if (session.options.json)
    session.writeData(`${JSON.stringify({ files: all, ...dataOf(drafted) }, undefined, 2)}\n`);
  else {
    const [first = ""] = Object.keys(all);
    const isOne = first === name;
    for (const [file, content] of Object.entries(all))
      session.writeData(isOne ? content : `# ${file}\n${content}\n`);
    tellAll(session, drafted);
  }
}

/** What was written is read as any command would, so that nobody finds out later. */
async function conclude(
  session: Session,
  drafted: Drafted,
  configPath: string,
  written: readonly string[],
): Promise<number> {
  const names = written.map((place) => path.relative(session.workingDirectory, place));
  const directory = path.relative(session.workingDirectory, path.dirname(configPath)) || ".";
  const file = path.basename(configPath);
  const opened = await openPackage({ ...session, options: { ...session.options, directory, file: [file] } });
  const diagnostics = opened.ok ? opened.warnings : opened.diagnostics;
  const exitCode = opened.ok ? EXIT.done : exitCodeOf(diagnostics);
  const toMend = opened.ok ? [] : diagnostics.map(({ message }) => `mend ${file}: ${message}`);
  const concluded = { ...drafted, toDo: [...drafted.toDo, ...toMend] };
  if (session.options.json) {
    session.writeData(
      `${JSON.stringify({ written: names, ...dataOf(concluded), valid: opened.ok, diagnostics: diagnostics.map(diagnosticToJson) }, undefined, 2)}\n`,
    );
    return exitCode;
  }
  for (const name of names) tell(session, `wrote ${name}`);
  reportDiagnostics(session, diagnostics);
  tellAll(session, concluded);
  const isReady = concluded.toDo.length === 0;
  const flags = [
    directory === "." ? [] : ["-C", quote(directory)],
    file === "mlpackage.yaml" ? [] : ["-f", quote(file)],
  ].flat();
  tell(session, `${isReady ? "next" : "after that"}: ${["mlpackage", ...flags, "apply"].join(" ")}`);
  return exitCode;
}

/** What a program may want to know of it. */
function dataOf({ draft, toDo }: Drafted) {
  return { toDo, leftOut: wordLeftOut(draft.leftOut) };
}

/** As a shell takes it for one word. */
function quote(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function tellAll(session: Session, { draft, told, toDo }: Drafted): void {
  for (const line of told) tell(session, `  ${line}`);
  for (const line of wordLeftOut(draft.leftOut)) tell(session, `  not carried over: ${line}`);
  for (const line of toDo) tell(session, `to do: ${line}`);
}

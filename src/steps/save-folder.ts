import path from "node:path";
import { errorDiagnostic } from "../model/diagnostic.ts";
import { isOurDockerfile } from "../model/dockerfile-header.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";
import type { Placement } from "./image-layout.ts";
import { modelFiles } from "./model-files.ts";
import { copyFile, outputOfFiles, watchFiles } from "./output-files.ts";
import {
  BASE_CONTEXT_FOLDER,
  DOCKERFILE,
  filesBelow,
  filesOfContext,
  IGNORE_FILE,
  layoutOf,
} from "./render.ts";

/**
 * Writes the folder that plain `docker build` makes the same service from. It is written aside and put in place; in a
 * folder that is there already, only if it is empty or one of ours. What somebody else keeps there, as `.git` or a
 * compose file, stays: see `replaceEntries`.
 *
 * Errors: `save/folder-not-ours`.
 */
export async function saveFolder(
  step: Step,
  target: string,
  context: StepContext,
): Promise<Result<StepOutput>> {
  const { files } = context.host;
  const place = path.join(context.directory, target);
  if (!(await isReplaceable(place, context))) {
    return fail(
      errorDiagnostic("save/folder-not-ours", `\`${target}\` holds files that mlpackage did not write`, {
        hint: "choose a new folder; nothing was changed",
      }),
    );
  }
  const written = filesOfFolder(step, context);
  await files.makeDirectory(path.dirname(place));
  const asidePrefix = `.mlpackage-${path.basename(place)}-`;
  await removeAbandoned(path.dirname(place), asidePrefix, context);
  const aside = await files.makeTemporaryDirectory(path.dirname(place), asidePrefix);
  try {
    const read = written.map(({ file }) => file).filter(({ origin }) => origin !== undefined);
    const demandUnchanged = await watchFiles(read, context);
    await Promise.all(written.map(({ file, to }) => copyFile({ ...file, path: to }, aside, context)));
    await demandUnchanged();
    await files.makeDirectory(place);
    await files.setMode(place, 0o755);
    await replaceEntries(aside, place, context);
  } finally {
    await files.remove(aside);
  }
  return succeed(
    outputOfFiles(
      written.map(({ file, to }) => ({ ...file, path: to, origin: path.posix.join(target, to) })),
    ),
  );
}

/** Removes what runs left that were killed while they wrote here. None is writing now: the lock on the place is ours. */
async function removeAbandoned(parent: string, prefix: string, { host }: StepContext): Promise<void> {
  const left = (await host.files.list(parent)).filter(
    (name) => name.startsWith(prefix) && /^[A-Za-z0-9]{6}$/.test(name.slice(prefix.length)),
  );
  await Promise.all(left.map((name) => host.files.remove(path.join(parent, name))));
}

/** A file in a folder of ours that is not of it: of an older version, or put there by somebody. It would go into the image. */
export async function findExtraFile(
  target: string,
  output: StepOutput,
  { host, directory }: StepContext,
): Promise<string | undefined> {
  const known = new Set(output.files.map((file) => file.path));
  const folders = entriesOf(output.files.filter((file) => file.path.includes("/")));
  const entries = await host.files.listTree(
    path.join(directory, target),
    (relative) => !folders.has(relative.split("/")[0] ?? ""),
  );
  const extra = entries.find((entry) => !known.has(entry.path));
  return extra && `the content of ${target} (${extra.path} is not of it)`;
}

/**
 * Puts each entry of one folder into the place of that name in another. Those that an earlier version wrote and this one
 * does not go, once all the new ones are there; what else lies there is not ours.
 */
async function replaceEntries(from: string, to: string, context: StepContext): Promise<void> {
  const { files } = context.host;
  const before = entriesOf(context.lastOutput?.files ?? []);
  // First what makes the folder ours: a run that is killed in between can be made good by the next.
  const names = [DOCKERFILE, ...(await files.list(from)).filter((name) => name !== DOCKERFILE)];
  for (const name of names) {
    const [source, target] = [path.join(from, name), path.join(to, name)];
    const types = [(await files.status(source))?.type, (await files.status(target))?.type];
    // Only a file can be renamed over a file, and is then never missing.
    if (types.includes("directory")) await files.remove(target);
    await files.rename(source, target);
  }
  const old = [...before].filter((name) => !names.includes(name));
  await Promise.all(old.map((name) => files.remove(path.join(to, name))));
}

/** The files and folders on top. */
function entriesOf(files: readonly OutputFile[]): ReadonlySet<string> {
  return new Set(files.map((file) => file.path.split("/")[0] ?? ""));
}

type Written = { readonly file: OutputFile; readonly to: string };

/** What is ours in the root of the folder, whatever a context of the user's own has there. */
const RENDERED_FILES: readonly string[] = [DOCKERFILE, IGNORE_FILE];

function filesOfFolder(step: Step, context: StepContext): readonly Written[] {
  const rendered = context.outputOf("render");
  const layout = layoutOf(rendered);
  const inFolder = ({ folder }: Placement, files: readonly OutputFile[]): readonly Written[] =>
    files.map((file) => ({ file, to: `${folder}/${file.path}` }));
  const ours = [...layout.runtime, ...layout.code, ...layout.locked, ...layout.wheels];
  return [
    ...rendered.files.flatMap((file) =>
      RENDERED_FILES.includes(file.path) ? [{ file, to: file.path }] : [],
    ),
    ...filesBelow(rendered, `${BASE_CONTEXT_FOLDER}/`).flatMap((file) =>
      RENDERED_FILES.includes(file.path) ? [] : [{ file, to: file.path }],
    ),
    ...ours.flatMap((placement) => inFolder(placement, filesOfContext(rendered, placement.context))),
    ...layout.models.flatMap((placement) => inFolder(placement, modelFiles(step, placement.model, context))),
  ];
}

async function isReplaceable(place: string, { host }: StepContext): Promise<boolean> {
  const status = await host.files.status(place);
  if (status === undefined) return true;
  if (status.type !== "directory") return false;
  const dockerfile = path.join(place, "Dockerfile");
  if ((await host.files.status(dockerfile)) === undefined)
    return (await host.files.listTree(place)).length === 0;
  return isOurDockerfile(await host.files.readText(dockerfile));
}

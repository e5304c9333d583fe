import path from "node:path";
import { digestOfValue } from "../model/digest.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { StepContext } from "../model/step-kind.ts";

/** An output that is known by its files alone; where a file lies does not matter to who needs it. */
export function outputOfFiles(files: readonly OutputFile[], values: SerializableRecord = {}): StepOutput {
  const identity = files.map(({ path: name, digest, mode }) => ({ name, digest, mode }));
  return { digest: digestOfValue({ files: identity, values }), files, values };
}

/** Where a file's bytes lie: in the package, or in the store; undefined where they are gone or are other bytes. */
async function locateFile(file: OutputFile, context: StepContext): Promise<string | undefined> {
  if (file.origin === undefined) return context.store.find(file.digest);
  const place = path.join(context.directory, file.origin);
  const found = await context.host.files.digestIfFile(place);
  return found?.digest === file.digest ? place : undefined;
}

/** As `locateFile`, for a file that was there when the run began. */
export async function demandFile(file: OutputFile, context: StepContext): Promise<string> {
  const place = await locateFile(file, context);
  if (place === undefined) throw new InputChanged(file.origin ?? file.path);
  return place;
}

/** Puts one file of an output into a folder, with its mode. */
export async function copyFile(file: OutputFile, folder: string, context: StepContext): Promise<void> {
  const { files } = context.host;
  const place = path.join(folder, file.path);
  await files.copy(await demandFile(file, context), place);
  await files.setMode(place, file.mode);
}

/**
 * Notes how files of the package stand; what comes back demands that they still stand so. A file that was edited while
 * a step read it, and put back before it ended, has the right digest again, and the step has read something else.
 */
export async function watchFiles(
  files: readonly OutputFile[],
  context: StepContext,
): Promise<() => Promise<void>> {
  const origins = files.flatMap(({ origin }) => origin ?? []);
  const stampOf = (origin: string) => context.host.files.stamp(path.join(context.directory, origin));
  const before = await Promise.all(origins.map(stampOf));
  await Promise.all(files.map((file) => demandFile(file, context)));
  return async () => {
    const after = await Promise.all(origins.map(stampOf));
    const changed = origins.find((_origin, index) => before[index] !== after[index]);
    if (changed !== undefined) throw new InputChanged(changed);
    await Promise.all(files.map((file) => demandFile(file, context)));
  };
}

/** A file is not what it was when the plan was made: somebody changed it meanwhile. */
export class InputChanged extends Error {
  readonly path: string;
  constructor(changedPath: string) {
    super(`\`${changedPath}\` changed while the run was under way`);
    this.name = "InputChanged";
    this.path = changedPath;
  }
}

/** The first file that is not in its place any more. */
export async function findMissingFile(output: StepOutput, context: StepContext): Promise<string | undefined> {
  for (const file of output.files) {
    if ((await locateFile(file, context)) === undefined) return file.origin ?? file.path;
  }
  return undefined;
}

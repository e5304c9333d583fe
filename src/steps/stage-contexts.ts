import path from "node:path";
import type { OutputFile } from "../model/outcome.ts";
import type { StepContext } from "../model/step-kind.ts";
import { namedContext, type Placement } from "./image-layout.ts";
import { demandFile, outputOfFiles } from "./output-files.ts";
import { filesOfContext, layoutOf } from "./render.ts";

/** Puts one file of an output into a folder. */
export type PlaceFile = (file: OutputFile, folder: string, context: StepContext) => Promise<void>;

/**
 * Lays out a folder for each named context and gives their places by name. Models are hard links: no weights are
 * copied.
 *
 * What COPY reads has its whole path in the image, with the modes it shall have there: a layer is linked, and so
 * survives a change of those below it, only if COPY neither changes modes nor makes folders, which get the time of now.
 *
 * And it lies one folder deeper, in one called by the digest of what it holds. BuildKit sends only files whose
 * path, size or time changed since the last build of a context of the same name, of any package, and two files can
 * well have all three alike (times of zero, or out of an archive). What RUN mounts stays on top, because a mount's path
 * is part of the RUN's own cache key; those files have the time of now instead.
 */
export async function stageContexts(
  context: StepContext,
  directory: string,
): Promise<Readonly<Record<string, string>>> {
  const rendered = context.outputOf("render");
  const layout = layoutOf(rendered);
  /** The same folders whenever and under whatever umask they were made. */
  const settleFolders = async (root: string, paths: readonly string[]): Promise<void> => {
    const folders = new Set(paths.flatMap(withParents));
    await Promise.all(
      [...folders].map((folder) => context.host.files.setMode(path.join(root, folder), 0o755)),
    );
    await Promise.all([...folders].map((folder) => context.host.files.setTime(path.join(root, folder), 0)));
  };
  const stage = async (
    placement: Placement,
    files: readonly OutputFile[],
    place: PlaceFile,
    inner: string,
  ) => {
    const folder = path.join(directory, placement.context);
    await context.host.files.makeDirectory(path.join(folder, inner));
    await Promise.all(files.map((file) => place(file, path.join(folder, inner), context)));
    await settleFolders(folder, [inner, ...files.map((file) => path.join(inner, path.dirname(file.path)))]);
    return [namedContext(placement), folder] as const;
  };
  const mounted = [...layout.requirements, ...layout.wheels].map((placement) =>
    stage(placement, filesOfContext(rendered, placement.context), copyFile, ""),
  );
  const copied = [...layout.runtime, ...layout.code].map((placement) => {
    const files = filesOfContext(rendered, placement.context);
    return stage(placement, files, copyTimeless, pathInContext(placement, files));
  });
  const models = layout.models.map((placement) => {
    const { files } = context.outputOf(`fetch:${placement.model}`);
    return stage(placement, files, linkFile, pathInContext(placement, files));
  });
  return Object.fromEntries(await Promise.all([...mounted, ...copied, ...models]));
}

function pathInContext({ target }: Placement, files: readonly OutputFile[]): string {
  return path.join(outputOfFiles(files).digest.slice("sha256:".length), target);
}

export async function copyFile(file: OutputFile, folder: string, context: StepContext): Promise<void> {
  const { files } = context.host;
  const place = path.join(folder, file.path);
  await files.copy(await demandFile(file, context), place);
  await files.setMode(place, file.mode);
}

/** Time zero, so that the layer has the same bytes whenever and wherever it is made. */
async function copyTimeless(file: OutputFile, folder: string, context: StepContext): Promise<void> {
  await copyFile(file, folder, context);
  await context.host.files.setTime(path.join(folder, file.path), 0);
}

/** A link shares the mode of the user's own file, which is not ours to change: one that others may not read is copied. */
async function linkFile(file: OutputFile, folder: string, context: StepContext): Promise<void> {
  const { files } = context.host;
  const origin = await demandFile(file, context);
  const mode = (await files.status(origin))?.mode ?? 0;
  if ((mode & READABLE) !== READABLE) return copyFile(file, folder, context);
  await files.linkOrCopy(origin, path.join(folder, file.path));
}

/** By its owner, its group and everybody. */
const READABLE = 0o444;

/** A relative path and the folders that it lies in. */
function withParents(relative: string): readonly string[] {
  const parts = path
    .normalize(relative)
    .split(path.sep)
    .filter((part) => part !== "" && part !== ".");
  return parts.map((_part, index) => path.join(...parts.slice(0, index + 1)));
}

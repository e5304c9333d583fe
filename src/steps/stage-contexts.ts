import path from "node:path";
import type { OutputFile } from "../model/outcome.ts";
import type { StepContext } from "../model/step-kind.ts";
import type { Placement } from "./image-layout.ts";
import { demandFile, outputOfFiles } from "./output-files.ts";
import { filesOfContext, layoutOf } from "./render.ts";

/** Puts one file of an output into a folder. */
export type PlaceFile = (file: OutputFile, folder: string, context: StepContext) => Promise<void>;

/**
 * Lays out a folder for each named context and gives their places by name. Models are hard links: no weights are
 * copied.
 *
 * What COPY reads lies one folder deeper, in one called by the digest of what it holds. BuildKit sends only files whose
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
  const stage = async (
    placement: Placement,
    files: readonly OutputFile[],
    place: PlaceFile,
    inner: string,
  ) => {
    const folder = path.join(directory, placement.context);
    await context.host.files.makeDirectory(path.join(folder, inner));
    await Promise.all(files.map((file) => place(file, path.join(folder, inner), context)));
    return [placement.context, folder] as const;
  };
  const mounted = [...layout.requirements, ...layout.wheels].map((placement) =>
    stage(placement, filesOfContext(rendered, placement.context), copyFile, ""),
  );
  const copied = [...layout.runtime, ...layout.code].map((placement) => {
    const files = filesOfContext(rendered, placement.context);
    return stage(placement, files, copyTimeless, contentName(files));
  });
  const models = layout.models.map((placement) => {
    const { files } = context.outputOf(`fetch:${placement.model}`);
    return stage(placement, files, linkFile, contentName(files));
  });
  return Object.fromEntries(await Promise.all([...mounted, ...copied, ...models]));
}

function contentName(files: readonly OutputFile[]): string {
  return outputOfFiles(files).digest.slice("sha256:".length);
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

async function linkFile(file: OutputFile, folder: string, context: StepContext): Promise<void> {
  await context.host.files.linkOrCopy(await demandFile(file, context), path.join(folder, file.path));
}

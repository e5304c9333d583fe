import type { Config } from "../model/config.ts";
import {
  findLfsRepository,
  hasLfsObject,
  type LfsObject,
  NOBODYS,
  readLfsPointer,
  wordLfsPull,
} from "../model/git-lfs.ts";
import type { Files } from "../model/host.ts";
import type { FoundPath, PathWording } from "./input-paths.ts";

type Pointer = { readonly path: string; readonly object: LfsObject };

/**
 * Model files that are still pointers, of DVC or of git-lfs, and that nobody here can fetch: those of git-lfs are fetched where
 * a remote is known. What `include` and `exclude` leave of a folder is not known here.
 */
export async function checkModelFiles(
  model: FoundPath,
  config: Config,
  files: Files,
): Promise<readonly PathWording[]> {
  if (model.status.type === "file") {
    if (model.path.endsWith(".dvc")) return [wordDvcPointer(model.path)];
    return refusePointers([{ path: model.path, size: model.status.size }], config, files);
  }
  if (isFiltered(model, config)) return [];
  const entries = await files.listTree(model.absolute);
  const inPackage = entries.map(({ path, size }) => ({
    path: model.path === "." ? path : `${model.path}/${path}`,
    size,
  }));
  return refusePointers(inPackage, config, files);
}

/** A model that DVC keeps, and that is not here; `path` is that of its `.dvc` file. */
export function wordDvcPointer(path: string): PathWording {
  const message = `\`${path}\` is a DVC pointer, and the model itself is not here`;
  const model = path.replace(/\.dvc$/, "");
  return ["config/dvc-pointer", message, `fetch it with \`dvc pull ${path}\`, and name \`${model}\``];
}

async function refusePointers(
  entries: readonly { readonly path: string; readonly size: number }[],
  { directory }: Config,
  files: Files,
): Promise<readonly PathWording[]> {
  const read = await Promise.all(
    entries.map(async ({ path, size }): Promise<readonly Pointer[]> => {
      const object = await readLfsPointer(`${directory}/${path}`, size, files);
      return object === undefined ? [] : [{ path, object }];
    }),
  );
  const pointers = read.flat();
  if (pointers.length === 0) return [];
  const repository = await findLfsRepository(directory, files);
  const refused = await Promise.all(
    pointers.map(async ({ path, object }): Promise<readonly PathWording[]> => {
      const isKnown = object !== NOBODYS && repository !== undefined;
      if (isKnown && (repository.endpoint !== undefined || (await hasLfsObject(repository, object, files))))
        return [];
      const message = `\`${path}\` is a Git LFS pointer, not the model itself`;
      return [["config/git-lfs-pointer", message, wordLfsPull([path], repository)]];
    }),
  );
  return refused.flat();
}

function isFiltered({ pointer }: FoundPath, { models }: Config): boolean {
  const model = models.find((candidate) => pointer === `${candidate.pointer}/source`);
  return model === undefined || model.include.length > 0 || model.exclude.length > 0;
}

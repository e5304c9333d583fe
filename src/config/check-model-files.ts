import type { Config } from "../model/config.ts";
import type { Files } from "../model/host.ts";
import type { FoundPath, PathWording } from "./input-paths.ts";

/** A pointer of git-lfs has three short lines, one of them with a digest; none is shorter or longer than these bytes. */
const POINTER_BYTES = { least: 100, most: 1024 };

/** Model files that are still pointers of git-lfs. What `include` and `exclude` leave of a folder is not known here. */
export async function checkModelFiles(
  model: FoundPath,
  config: Config,
  files: Files,
): Promise<readonly PathWording[]> {
  if (model.status.type === "file")
    return (await isPointer(model.absolute, model.status.size, files)) ? [pointer(model.path)] : [];
  if (isFiltered(model, config)) return [];
  const entries = await files.listTree(model.absolute);
  const found = await Promise.all(
    entries.map(({ path, size }) => isPointer(`${model.absolute}/${path}`, size, files)),
  );
  return entries.filter((_, index) => found[index]).map(({ path }) => pointer(`${model.path}/${path}`));
}

function isFiltered({ pointer }: FoundPath, { models }: Config): boolean {
  const model = models.find((candidate) => pointer === `${candidate.pointer}/source`);
  return model === undefined || model.include.length > 0 || model.exclude.length > 0;
}

async function isPointer(path: string, size: number, files: Files): Promise<boolean> {
  if (size < POINTER_BYTES.least || size > POINTER_BYTES.most) return false;
  return (await files.readText(path)).startsWith("version https://git-lfs.github.com/spec/");
}

function pointer(path: string): PathWording {
  const message = `\`${path}\` is a pointer of git-lfs, not the model itself`;
  return ["config/git-lfs-pointer", message, `fetch it with \`git lfs pull --include="${path}"\``];
}

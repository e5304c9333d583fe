import type { OutputFile } from "../model/outcome.ts";
import type { Part } from "../model/part.ts";
import { type TarEntry, tarParts } from "./tar.ts";

/** The files of a layer: `path` is relative to the root of the image. */
export type LayerPlan = { readonly files: readonly PlannedFile[]; readonly folders: readonly string[] };
export type PlannedFile = { readonly path: string; readonly file: OutputFile };

/** From here on a file of a model is a layer of its own: a new version of one of them leaves the others in place. */
const LARGE_BYTES = 64e6;

export function isLarge({ size }: Pick<OutputFile, "size">): boolean {
  return size >= LARGE_BYTES;
}

/**
 * The layers of a model: its small files in one, each large one in one of its own, at most so many in all.
 * `target` is the model's folder in the image, absolute.
 */
export function planModelLayers(
  target: string,
  files: readonly OutputFile[],
  mostLayers: number,
): readonly LayerPlan[] {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const small = sorted.filter((file) => !isLarge(file));
  const large = sorted.filter(isLarge);
  const room = Math.max(1, mostLayers - (small.length > 0 ? 1 : 0));
  const perLayer = Math.ceil(large.length / room);
  const groups = small.length > 0 ? [small] : [];
  for (let start = 0; start < large.length; start += perLayer)
    groups.push(large.slice(start, start + perLayer));
  // A model whose one layer has to hold all.
  const merged = groups.length > mostLayers ? [groups.flat()] : groups;
  return merged.map((group) => planLayer(target, group));
}

/**
 * A layer of files below a folder of the image, which is in it even where it has none. The folders above it are not:
 * the base may have made them for somebody, or linked them elsewhere.
 */
export function planLayer(target: string, files: readonly OutputFile[]): LayerPlan {
  const folder = target.replace(/^\/+|\/+$/g, "");
  const planned = files
    .map((file) => ({ path: `${folder}/${file.path}`, file }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const below = planned.map(({ path }) => parentOf(path)).flatMap((parent) => withParents(parent, folder));
  return { files: planned, folders: [...new Set([folder, ...below])].sort() };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** A folder and those that it lies in, up to one above. */
function withParents(folder: string, above: string): readonly string[] {
  return folder === above ? [] : [...withParents(parentOf(folder), above), folder];
}

/** The tar of a layer, given where the bytes of each file lie. Whatever modes they have here, all may read them there. */
export function layerParts(
  { files, folders }: LayerPlan,
  placeOf: (file: OutputFile) => string,
): readonly Part[] {
  const directories = folders.map((path): TarEntry => ({ type: "directory", path }));
  const entries = files.map(({ path, file }): TarEntry => {
    const mode = (file.mode & 0o100) === 0 ? 0o644 : 0o755;
    const content = file.size === 0 ? [] : [{ file: placeOf(file), size: file.size }];
    return { type: "file", path, mode, size: file.size, content };
  });
  return tarParts([...directories, ...entries]);
}

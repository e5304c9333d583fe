import type { FileChange } from "../../model/image-difference.ts";
import type { InspectedFile } from "../../model/inspected-image.ts";
import { diffLines } from "./diff-lines.ts";

/** What two lists of files differ in, by path. */
export function compareFiles(
  first: readonly InspectedFile[],
  second: readonly InspectedFile[],
): readonly FileChange[] {
  const [before, after] = [first, second].map((files) => new Map(files.map((file) => [file.path, file])));
  const paths = [...new Set([...first, ...second].map(({ path }) => path))].sort();
  return paths.flatMap((path) => compareFile(path, before?.get(path), after?.get(path)) ?? []);
}

function compareFile(
  path: string,
  first: InspectedFile | undefined,
  second: InspectedFile | undefined,
): FileChange | undefined {
  const sides = {
    ...(first !== undefined && { from: withoutPath(first) }),
    ...(second !== undefined && { to: withoutPath(second) }),
  };
  if (first === undefined) return { path, change: "added", ...sides };
  if (second === undefined) return { path, change: "removed", ...sides };
  if (first.size !== second.size) return { path, change: "changed", ...sides };
  if (first.digest === undefined || second.digest === undefined)
    // Of links there are none.
    return first.size === 0 ? undefined : { path, change: "unknown", ...sides };
  return first.digest === second.digest ? undefined : { path, change: "changed", ...sides };
}

function withoutPath({ path: _path, ...file }: InspectedFile) {
  return file;
}

type Texts = ReadonlyMap<string, string>;

/** The same changes, and of text which lines. */
export async function withLines(
  changes: readonly FileChange[],
  first: Texts,
  second: Texts,
): Promise<readonly FileChange[]> {
  return Promise.all(
    changes.map(async (change) => {
      const [from, to] = [first.get(change.path), second.get(change.path)];
      const isText =
        (change.from === undefined || from !== undefined) && (change.to === undefined || to !== undefined);
      const lines = isText ? await diffLines(from ?? "", to ?? "") : undefined;
      return { ...change, ...(lines !== undefined && { lines }) };
    }),
  );
}

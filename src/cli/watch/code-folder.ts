import path from "node:path";
import { type TarEntry, tarParts } from "../../images/tar.ts";
import { errorDiagnostic } from "../../model/diagnostic.ts";
import type { ReplacedFolder } from "../../model/engine.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { type ListedCode, listCode } from "../../plan/list-code.ts";
import type { Tree } from "../../plan/pins.ts";
import { snapshotEntries } from "../../plan/snapshot-tree.ts";
import { layOutImage } from "../../steps/image-layout.ts";
import type { LastRun } from "../last-run.ts";
import { ownFilesOf } from "../own-files.ts";
import type { Session } from "../session.ts";

/** The code at one moment. */
export type Code = ListedCode & { readonly tree: Tree };

/** The folder of a package's code, here and in its container. */
export type CodeFolder = {
  read(): Promise<Result<Code>>;
  /** Those files of the code, for the container to unpack. */
  archive(code: Code, paths: readonly string[]): ReplacedFolder;
  /** A command that removes such paths in the container, and folders in which nothing is left. */
  removal(paths: readonly string[]): readonly string[];
};

/** Python is in every image that serves a script, and a shell is not. */
const REMOVE_SCRIPT = `import os, sys
root = sys.argv[1]
for path in sys.argv[2:]:
    path = os.path.join(root, path)
    try:
        os.remove(path)
    except FileNotFoundError:
        pass
    try:
        while (path := os.path.dirname(path)) != root.rstrip("/"):
            os.rmdir(path)
    except OSError:
        pass
`;

export function openCodeFolder(
  { opened, manifest }: LastRun,
  { host, cacheDirectory }: Session,
): Result<CodeFolder> {
  const { config } = opened;
  const { sourceDirectory } = config.inference;
  const target = layOutImage(config).code[0]?.target;
  if (config.inference.kind !== "script" || sourceDirectory === undefined || target === undefined)
    return fail(wordNoScript());
  const context = {
    files: host.files,
    cacheDirectory,
    ownFiles: ownFilesOf(opened),
    originsOf: (model: number) => {
      const files = manifest.steps[`fetch:${config.models[model]?.name}`]?.output.files ?? [];
      return files.flatMap(({ origin }) => origin ?? []);
    },
  };
  return succeed({
    async read() {
      const listed = await listCode(config, sourceDirectory, context);
      if (!listed.ok) return listed;
      const { folder, entries } = listed.value;
      return succeed({ ...listed.value, tree: await snapshotEntries(host.files, folder, entries) });
    },
    archive: (code, paths) => ({
      folder: target,
      archive: host.files.readParts(tarParts(entriesOf(code, new Set(paths)))),
    }),
    removal: (paths) => [config.environment.python.interpreter, "-IBc", REMOVE_SCRIPT, target, ...paths],
  });
}

/** As the layer of the code has them; folders come before what is in them. */
function entriesOf({ folder, entries, tree }: Code, paths: ReadonlySet<string>): readonly TarEntry[] {
  const chosen = entries.filter((entry) => paths.has(entry.path));
  const folders = new Set(chosen.flatMap((entry) => foldersAbove(entry.path)));
  return [
    ...[...folders].sort().map((one): TarEntry => ({ type: "directory", path: one })),
    ...chosen.map(({ path: place, size }): TarEntry => {
      const mode = Number.parseInt(tree[place]?.split(" ")[0] ?? "644", 8);
      const content = size === 0 ? [] : [{ file: `${folder}/${place}`, size }];
      return { type: "file", path: place, mode, size, content };
    }),
  ];
}

function foldersAbove(place: string): readonly string[] {
  const parent = path.posix.dirname(place);
  return parent === "." ? [] : [...foldersAbove(parent), parent];
}

function wordNoScript() {
  return errorDiagnostic("cli/not-watchable", "`--watch` reloads entry scripts, and this package has none", {
    hint: "type `mlpackage apply && mlpackage run` to restart a server of your own",
  });
}

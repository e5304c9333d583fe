import type { Files, TreeEntry } from "../model/host.ts";
import type { Tree } from "./pins.ts";

/** The state of all files below a folder: path → `<mode> <digest>`, the mode 644 or 755, whatever the umask was. */
export async function snapshotTree(
  files: Files,
  folder: string,
  ignore: (path: string) => boolean = () => false,
): Promise<Tree> {
  return snapshotEntries(files, folder, await files.listTree(folder, ignore));
}

/** The same of files that are listed already. */
export async function snapshotEntries(
  files: Files,
  folder: string,
  entries: readonly TreeEntry[],
): Promise<Tree> {
  const states = await Promise.all(
    entries.map(async (entry) => {
      const { digest } = await files.digest(`${folder}/${entry.path}`);
      return [entry.path, fileState(entry.mode, digest)] as const;
    }),
  );
  return Object.fromEntries(states);
}

/** Git keeps one bit of the mode, whether a file may be executed; so do we. */
function fileState(mode: number, digest: string): string {
  return `${(mode & 0o100) !== 0 ? "755" : "644"} ${digest}`;
}

import path from "node:path";
import { once } from "../model/chunks.ts";
import { type Digest, digestOf } from "../model/digest.ts";
import type { OutputFile } from "../model/outcome.ts";
import type { StepContext } from "../model/step-kind.ts";
import { InputChanged } from "./output-files.ts";

/** Relative path → `<mode> <digest>`, as pinned. */
export type Tree = Readonly<Record<string, string>>;

export function parseState(state: string): { readonly mode: number; readonly digest: Digest } {
  const [mode = "644", digest = ""] = state.split(" ");
  return { mode: Number.parseInt(mode, 8), digest: digest as Digest };
}

export async function storeText(name: string, text: string, context: StepContext): Promise<OutputFile> {
  const { digest, size } = await context.store.write(once(new TextEncoder().encode(text)));
  return { path: name, digest, size, mode: 0o644 };
}

/** Takes the files of a pinned tree into the store; their paths are given with `folder` before them. */
export async function storeTree(
  tree: Tree,
  from: string,
  folder: string,
  context: StepContext,
): Promise<readonly OutputFile[]> {
  return Promise.all(
    Object.entries(tree).map(async ([name, state]): Promise<OutputFile> => {
      const { mode, digest: planned } = parseState(state);
      const { digest, size } = await context.store.write(
        context.host.files.readStream(path.join(from, name)),
      );
      if (digest !== planned) throw new InputChanged(path.relative(context.directory, path.join(from, name)));
      return { path: `${folder}/${name}`, digest, size, mode };
    }),
  );
}

/** The files of a pinned tree, which stay where they are. */
export function nameTree(tree: Tree, from: string, folder: string): readonly OutputFile[] {
  return Object.entries(tree).map(([name, state]) => ({
    ...parseState(state),
    path: `${folder}/${name}`,
    size: 0,
    origin: path.posix.join(from, name),
  }));
}

/** The text of a file of the package, which must be the one that was pinned. */
export async function readPinned(
  name: string,
  pinned: Tree,
  { host, directory }: Pick<StepContext, "host" | "directory">,
): Promise<string> {
  const content = await host.files.readBytes(path.join(directory, name));
  if (digestOf(content) !== parseState(pinned[name] ?? "").digest) throw new InputChanged(name);
  return new TextDecoder().decode(content);
}

import path from "node:path";
import { createContentStore } from "../../src/caches/content-store.ts";
import { createRepositories } from "../../src/cli/repositories.ts";
import type { Host } from "../../src/model/host.ts";
import type { SourceContext, SourceReference } from "../../src/model/source.ts";
import { makeHost } from "./host.ts";
import { makeFolder } from "./temporary-folder.ts";

/** What a source is given: the package's folder, a store, and the real host but for what a test replaces. */
export function makeSourceContext(
  directory: string,
  replaced: Partial<Host> = {},
): SourceContext & { readonly storeDirectory: string; readonly told: number[] } {
  const host = makeHost(replaced);
  const storeDirectory = makeFolder();
  const told: number[] = [];
  return {
    host,
    directory,
    signal: new AbortController().signal,
    store: createContentStore(path.join(storeDirectory), host.files),
    storeDirectory,
    repositoryOf: createRepositories(host),
    onProgress: ({ bytes }) => told.push(bytes),
    told,
  };
}

export function makeReference(source: string, more: Partial<SourceReference> = {}): SourceReference {
  return { source, include: [], exclude: [], ...more };
}

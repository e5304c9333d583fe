import type { Watching, WatchRequest } from "../model/host.ts";

/**
 * Watches with chokidar: what Node itself offers on Linux loses files that are replaced, and folders that are filled as
 * they are made. It is loaded by the one command that watches.
 */
export async function watchPaths({ paths, isIgnored, onChange, onFault }: WatchRequest): Promise<Watching> {
  const { watch } = await import("chokidar");
  const watcher = watch([...paths], {
    ignored: (path) => isIgnored?.(path) ?? false,
    ignoreInitial: true,
    ignorePermissionErrors: true,
    // An editor that replaces a file is two events, and no reason to wait.
    atomic: false,
  });
  watcher.on("all", (_event, path) => onChange(path));
  watcher.on("error", (error) => onFault(error as Error));
  await new Promise<void>((resolve) => watcher.on("ready", resolve));
  return { close: () => watcher.close() };
}

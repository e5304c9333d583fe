import path from "node:path";

/** Where what is worth remembering lies: `MLPACKAGE_CACHE_DIR`, else below `XDG_CACHE_HOME`, else in `~/.cache`. */
export function cacheDirectoryOf(environment: Readonly<Record<string, string | undefined>>): string {
  if (environment.MLPACKAGE_CACHE_DIR) return path.resolve(environment.MLPACKAGE_CACHE_DIR);
  const parent = environment.XDG_CACHE_HOME || path.join(environment.HOME || "/", ".cache");
  return path.join(parent, "mlpackage");
}

/** What packers of some systems add, and no model is made of. */
const ALWAYS_EXCLUDED = ["**/.git/**", "**/.DS_Store", "__MACOSX/**"];

/** Says of a path inside an archive whether it belongs to the model. */
export async function createFilter({
  include,
  exclude,
}: {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}): Promise<(path: string) => boolean> {
  const { default: picomatch } = await import("picomatch");
  const isIncluded = picomatch(include.length > 0 ? [...include] : ["**"], { dot: true });
  const isExcluded = picomatch([...ALWAYS_EXCLUDED, ...exclude], { dot: true });
  // A pattern matches no path that leads out: then it is told of, and not passed over.
  const isStrange = (name: string) => name.split("/").some((part) => part === ".." || part === "");
  return (name) => (isIncluded(name) || (include.length === 0 && isStrange(name))) && !isExcluded(name);
}

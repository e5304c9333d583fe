/** The ways to write dependencies down that are not pip's own. */
export type FormatName = "pyproject.toml" | "uv.lock" | "poetry.lock" | "conda.yaml";

/** Whether pip reads the file itself. */
export function isRequirementsFile(path: string): boolean {
  return !/\.(?:toml|lock|ya?ml)$/i.test(path);
}

/** By its name, and what it is named as; undefined where nothing here reads it. */
export function formatOf(path: string, isConda: boolean): FormatName | undefined {
  if (isConda) return /\.ya?ml$/i.test(path) ? "conda.yaml" : undefined;
  const name = path.split("/").at(-1);
  return name === "pyproject.toml" || name === "uv.lock" || name === "poetry.lock" ? name : undefined;
}

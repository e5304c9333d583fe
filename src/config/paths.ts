/** A relative path without `.` segments, doubled or closing slashes; `.` for the folder itself. */
export function normalizePath(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  return segments.length === 0 ? "." : segments.join("/");
}

/**
 * A path that leads into the package, relative to it and without detours; one that leads elsewhere, or begins with `~`,
 * as it is written. `directory` is the package's, absolute.
 */
export function pathInPackage(path: string, directory: string): string {
  if (path.startsWith("~/")) return path;
  const inside = resolveDetours(directory);
  const segments = resolveDetours(path.startsWith("/") ? path : `${directory}/${path}`);
  const isInside = inside.every((segment, index) => segments[index] === segment);
  return isInside ? segments.slice(inside.length).join("/") || "." : path;
}

function resolveDetours(path: string): readonly string[] {
  const resolved: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") resolved.pop();
    else if (segment !== "" && segment !== ".") resolved.push(segment);
  }
  return resolved;
}

export function joinPath(folder: string, path: string): string {
  return normalizePath(`${folder}/${path}`);
}

export function parentFolder(path: string): string {
  return normalizePath(path).split("/").slice(0, -1).join("/") || ".";
}

export function fileName(path: string): string {
  return normalizePath(path).split("/").at(-1) ?? "";
}

/** Whether the second path is the first one or lies below it. */
export function holds(folder: string, path: string): boolean {
  const [outer, inner] = [normalizePath(folder), normalizePath(path)];
  return outer === "." || inner === outer || inner.startsWith(`${outer}/`);
}

/** Whether a source or a link names something that is not a path of the package; not all have a `//`: `azureml:NAME:1`. */
export function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//.test(text) || /^(?!file:)[a-z][a-z0-9+.-]+:/.test(text);
}

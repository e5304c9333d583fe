/** A relative path without `.` segments, doubled or closing slashes; `.` for the folder itself. */
export function normalizePath(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  return segments.length === 0 ? "." : segments.join("/");
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

/** The file name without its last extension, of a path or a URI. */
export function stemOf(source: string): string {
  const path = /^[a-z][a-z0-9+.-]*:\/\//.test(source) ? source.replace(/[?#].*$/, "") : source;
  return fileName(path).replace(/(?<=.)\.[^.]*$/, "");
}

/** Whether the second path is the first one or lies below it. */
export function holds(folder: string, path: string): boolean {
  const [outer, inner] = [normalizePath(folder), normalizePath(path)];
  return outer === "." || inner === outer || inner.startsWith(`${outer}/`);
}

/** Whether a source or a link names something that is not a path of the package. */
export function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//.test(text);
}

const LONGEST_NAME_BYTES = 255;
const LONGEST_PATH_BYTES = 1024;

/** Names that Windows keeps for devices, whatever follows their first dot. */
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i;

/** What some file system takes for something else, control characters and what a text is turned around by among it. */
const UNSAFE_CHARACTER = /[\p{Cc}\p{Cf}\u2028\u2029\ufffd<>:"|?*\\]/u;

/**
 * What is wrong with a relative path that somebody else gave, as the rest of a sentence that begins with it; undefined
 * where every file system takes it as it is, and leads nowhere else.
 */
function faultOfPath(path: string): string | undefined {
  if (path === "" || path.startsWith("/")) return "is no relative path";
  if (Buffer.byteLength(path) > LONGEST_PATH_BYTES) return `is longer than ${LONGEST_PATH_BYTES} bytes`;
  for (const name of path.split("/")) {
    if (name === "" || name === "." || name === "..") return "is no plain path";
    if (UNSAFE_CHARACTER.test(name)) return "has a character in it that not every file system takes";
    if (Buffer.byteLength(name) > LONGEST_NAME_BYTES)
      return `has a name of more than ${LONGEST_NAME_BYTES} bytes in it`;
    if (/[. ]$/.test(name)) return "has a name in it that ends with a dot or a space";
    if (DEVICE.test(name)) return "has a name in it that Windows keeps for a device";
  }
  return undefined;
}

/** The first path of a list that is unsafe by itself or beside the others, and what is wrong with it. */
export function findUnsafePath(
  paths: readonly string[],
): { readonly path: string; readonly fault: string } | undefined {
  const known = new Map<string, string>();
  const folders = new Set<string>();
  for (const path of paths) {
    const fault = faultOfPath(path);
    if (fault !== undefined) return { path, fault };
    const folded = foldCase(path);
    const other = known.get(folded);
    if (other !== undefined)
      return {
        path,
        fault: other === path ? "is there twice" : `is the same as \`${other}\` on some file systems`,
      };
    known.set(folded, path);
    for (let end = folded.lastIndexOf("/"); end > 0; end = folded.lastIndexOf("/", end - 1))
      folders.add(folded.slice(0, end));
  }
  const both = paths.find((path) => folders.has(foldCase(path)));
  return both === undefined ? undefined : { path: both, fault: "is a file and a folder" };
}

/** As file systems that know no case compare names, and those that know one form of each letter. */
function foldCase(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

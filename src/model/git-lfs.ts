import type { Digest } from "./digest.ts";
import type { Files } from "./host.ts";

/** What a pointer of git-lfs stands for. */
export type LfsObject = { readonly digest: Digest; readonly size: number };

/** What stands for an object that only git-lfs, with the extensions of the repository, can bring. */
export const NOBODYS: LfsObject = { digest: `sha256:${"0".repeat(64)}`, size: 0 };

/** A clone that has pointers. */
export type LfsRepository = {
  /** The package's folder in it: empty, or ending with a slash. */
  readonly prefix: string;
  /** Where its objects are asked for, without a user or a password; undefined where no remote is reached by http. */
  readonly endpoint: string | undefined;
  /** The folder of the objects that are here: absolute. */
  readonly objects: string;
};

/** A pointer has three short lines, one of them with a digest; none is shorter, or as long as the second of these. */
const POINTER_BYTES = { least: 100, most: 1024 };

/** Says what a file is a pointer to: undefined where it is none, `NOBODYS` where it is one that is not understood. */
export async function readLfsPointer(
  place: string,
  size: number,
  files: Files,
): Promise<LfsObject | undefined> {
  if (size < POINTER_BYTES.least || size >= POINTER_BYTES.most) return undefined;
  const text = (await files.readText(place)).replaceAll("\r\n", "\n");
  if (!text.startsWith("version https://git-lfs.github.com/spec/")) return undefined;
  // What extensions made of a file (`ext-0-...`) only they can undo.
  const [, oid, bytes] =
    /^version https:\/\/git-lfs\.github\.com\/spec\/v1\noid sha256:([0-9a-f]{64})\nsize (\d{1,15})\n?$/.exec(
      text,
    ) ?? [];
  return oid === undefined ? NOBODYS : { digest: `sha256:${oid}`, size: Number(bytes) };
}

/** The place of an object that a clone has. */
export function lfsObjectPlace({ objects }: LfsRepository, { digest }: LfsObject): string {
  const oid = digest.slice("sha256:".length);
  return `${objects}/${oid.slice(0, 2)}/${oid.slice(2, 4)}/${oid}`;
}

/** Whether a clone has a file of the object's size; its digest is for who takes it to compare. */
export async function hasLfsObject(
  repository: LfsRepository,
  object: LfsObject,
  files: Files,
): Promise<boolean> {
  const status = await files.status(lfsObjectPlace(repository, object));
  return status?.type === "file" && status.size === object.size;
}

/** What is to be typed to have these files of the package; without a clone, paths are those of the package. */
export function wordLfsPull(paths: readonly string[], repository: LfsRepository | undefined): string {
  if (paths.length > 5) return "type `git lfs pull`";
  const included = paths.map((path) => `${repository?.prefix ?? ""}${path}`).join(",");
  return `type \`git lfs pull --include="${included}"\``;
}

/** Finds the clone that a folder is in, as git does, and its endpoint as git-lfs does; runs nothing and asks nobody. */
export async function findLfsRepository(directory: string, files: Files): Promise<LfsRepository | undefined> {
  const folder = ((await files.realPath(directory)) ?? directory).replaceAll("\\", "/");
  const segments = folder.replace(/\/$/, "").split("/");
  for (let depth = segments.length; depth > 0; depth -= 1) {
    const root = segments.slice(0, depth).join("/");
    const git = await findGitFolder(root, files);
    if (git === undefined) continue;
    const below = segments.slice(depth).join("/");
    return {
      prefix: below === "" ? "" : `${below}/`,
      endpoint: await findEndpoint(root, git, files),
      objects: `${git}/lfs/objects`,
    };
  }
  return undefined;
}

/** The folder with what all worktrees share (gitrepository-layout). */
async function findGitFolder(root: string, files: Files): Promise<string | undefined> {
  const place = `${root}/.git`;
  const status = await files.status(place);
  if (status?.type !== "file") return status?.type === "directory" ? place : undefined;
  const [, named] = /^gitdir: (.+?)\s*$/m.exec(await files.readText(place)) ?? [];
  if (named === undefined) return undefined;
  const git = from(root, named);
  const common = await readIfThere(`${git}/commondir`, files);
  return common === "" ? git : from(git, common.trim());
}

function from(folder: string, path: string): string {
  return /^(?:\/|[a-z]:)/i.test(path) ? path : `${folder}/${path}`;
}

/** What is set in the clone goes before what the repository recommends (git-lfs-config, "Reading configuration"). */
async function findEndpoint(root: string, git: string, files: Files): Promise<string | undefined> {
  const own = readSettings(await readIfThere(`${git}/config`, files));
  const recommended = readSettings(await readIfThere(`${root}/.lfsconfig`, files));
  const remotes = [...own.keys()].flatMap((key) => /^(remote\..+)\.url$/.exec(key)?.[1] ?? []);
  const remote = remotes.length === 1 ? (remotes[0] ?? "") : "remote.origin";
  for (const key of ["lfs.url", `${remote}.lfsurl`]) {
    const url = own.get(key) ?? recommended.get(key);
    if (url !== undefined) return webAddress(url);
  }
  const clone = webAddress(own.get(`${remote}.url`) ?? "");
  return clone && `${clone.replace(/\.git$/, "")}.git/info/lfs`;
}

async function readIfThere(place: string, files: Files): Promise<string> {
  const status = await files.status(place);
  return status?.type === "file" && status.size < 1 << 20 ? files.readText(place) : "";
}

/** The last value of each key; sections and keys in lower case, what stands in quotes as it is. */
function readSettings(text: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  let section = "";
  for (const line of text.split(/\r?\n/)) {
    const [, name, quoted] = /^\s*\[\s*([\w.-]+)(?:\s+"(.*)")?\s*\]/.exec(line) ?? [];
    if (name !== undefined) section = `${name.toLowerCase()}${quoted === undefined ? "" : `.${quoted}`}`;
    const [, key, value = ""] = /^\s*([a-z][\w-]*)\s*=\s*(.*?)\s*$/i.exec(line) ?? [];
    if (key === undefined) continue;
    settings.set(
      `${section}.${key.toLowerCase()}`,
      value.replace(/\s+[#;].*$/, "").replace(/^"(.*)"$/, "$1"),
    );
  }
  return settings;
}

/** The address on the web of what git would reach by it or by ssh; who may log in there is left out. */
function webAddress(remote: string): string | undefined {
  // A single letter is a drive.
  const [, host, path] = /^(?:[^@/:]+@)?([^@/:]{2,}):(?!\/\/)\/?(.+)$/.exec(remote) ?? [];
  const address = host === undefined ? remote : `ssh://${host}/${path}`;
  if (!/^(?:https?|ssh|git\+ssh|ssh\+git|git):\/\//i.test(address) || !URL.canParse(address))
    return undefined;
  const { protocol, hostname, host: hostAndPort, pathname } = new URL(address);
  if (hostname === "") return undefined;
  const origin = protocol.startsWith("http") ? `${protocol}//${hostAndPort}` : `https://${hostname}`;
  return `${origin}${pathname}`.replace(/\/+$/, "");
}

import path from "node:path";
import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Digest } from "../model/digest.ts";
import { readLfsPointer } from "../model/git-lfs.ts";
import type { Files } from "../model/host.ts";
import type { OutputFile } from "../model/outcome.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Pin, Source, SourceContext, SourceReference } from "../model/source.ts";
import type { PointedFile } from "./git-lfs-batch.ts";
import { wordMismatch } from "./word-mismatch.ts";

type Picomatch = typeof import("picomatch");

/** A file found: its path inside the model, and where it lies in the package. Both relative, with forward slashes. */
type FoundFile = { readonly path: string; readonly origin: string };

const FILE_MODE = 0o644;

/** What lies in a folder but never belongs to a model. */
const ALWAYS_EXCLUDED = ["**/.git/**", "**/.DS_Store"];

/**
 * Models in the package's own folder: a file, a folder, or a glob. They are pinned by the SHA-256 of each file and stay
 * where they are; nothing is copied. A pointer of git-lfs is what it points to, which is fetched into the store.
 *
 * Errors: `source/not-found`, `source/empty`, `source/digest-mismatch`, `source/sha256-of-folder`,
 * `source/outside-package`, `source/link-outside`, `source/dvc-pointer`, and those of `sources/git-lfs.ts`.
 */
export const fileSource: Source = {
  schemes: ["", "file"],
  parse,
  pin,
  fetch,
};

function parse(reference: SourceReference): Result<SourceReference> {
  const source = reference.source.replace(/^file:(\/\/)?/i, "");
  const normal = path.posix.normalize(source);
  const isOutside = path.posix.isAbsolute(normal) || normal === ".." || normal.startsWith("../");
  if (!isOutside) return succeed({ ...reference, source });
  return fail(
    errorDiagnostic("source/outside-package", `\`${reference.source}\` is outside the package's folder`, {
      hint: "copy it into the package's folder, and write its path relative to `mlpackage.yaml`",
    }),
  );
}

/** What a pin has of a file; one that is `pointed` to is not in the package. */
type PinnedFile = {
  readonly digest: Digest;
  readonly size: number;
  readonly origin: string;
  readonly pointed?: true;
};

async function pin(reference: SourceReference, context: SourceContext): Promise<Result<Pin>> {
  const found = await findFiles(reference, context.directory, context.host.files);
  if (!found.ok) return found;
  const files = await Promise.all(
    found.value.map(async (file) => [file.path, await pinFile(file, context)] as const),
  );
  const mismatch = compareDigest(
    reference,
    files.map(([, file]) => file),
  );
  if (mismatch !== undefined) return mismatch;
  const identity = Object.fromEntries(files);
  const pointed = pointedIn(identity);
  if (pointed.length > 0) {
    const fetchable = await (await import("./git-lfs.ts")).checkFetchable(pointed, context);
    if (!fetchable.ok) return fetchable;
  }
  return succeed({
    scheme: "file",
    identity: { files: identity },
    paths: found.value.map((file) => file.path),
  });
}

async function pinFile(
  { path: name, origin }: FoundFile,
  { host, directory, onReading }: SourceContext,
): Promise<PinnedFile> {
  const place = path.join(directory, origin);
  const size = (await host.files.status(place))?.size ?? 0;
  const object = await readLfsPointer(place, size, host.files);
  if (object !== undefined) return { ...object, origin, pointed: true };
  const read = await host.files.digest(place, () =>
    onReading?.({ path: name, origin, size, mode: FILE_MODE }),
  );
  return { ...read, origin };
}

function pointedIn(files: Readonly<Record<string, PinnedFile>>): readonly PointedFile[] {
  return Object.entries(files).flatMap(([name, { pointed, ...file }]) =>
    pointed === true ? [{ ...file, path: name }] : [],
  );
}

async function fetch(
  reference: SourceReference,
  pinned: Pin,
  context: SourceContext,
): Promise<Result<readonly OutputFile[]>> {
  const files = pinned.identity.files as Record<string, PinnedFile>;
  const pointed = pointedIn(files);
  const brought =
    pointed.length === 0
      ? succeed<readonly OutputFile[]>([])
      : await (await import("./git-lfs.ts")).bringObjects(pointed, reference, context);
  if (!brought.ok) return brought;
  const byPath = new Map(brought.value.map((file) => [file.path, file]));
  return succeed(
    Object.entries(files).map(
      ([name, { digest, size, origin }]) =>
        byPath.get(name) ?? { path: name, digest, size, mode: FILE_MODE, origin },
    ),
  );
}

async function findFiles(
  reference: SourceReference,
  directory: string,
  files: Files,
): Promise<Result<readonly FoundFile[]>> {
  const source = path.posix.normalize(reference.source).replace(/\/$/, "");
  const status = await files.status(path.join(directory, source));
  const { base, glob } = status === undefined ? (await loadGlobs()).scan(source) : { base: source, glob: "" };
  if (await leadsOutside(base, directory, files)) return fail(wordOutside(base));
  const dvc = status === undefined ? `${source}.dvc` : source;
  if (dvc.endsWith(".dvc") && (await files.status(path.join(directory, dvc)))?.type === "file")
    return fail(wordDvc(dvc));
  if (status?.type === "file") return succeed([{ path: path.posix.basename(source), origin: source }]);
  if (status?.type === "directory")
    return findInFolder(reference, source, path.posix.basename(source), directory, files);
  const isFolder = (await files.status(path.join(directory, base)))?.type === "directory";
  if (glob !== "" && isFolder)
    return findInFolder({ ...reference, include: [glob] }, base, "", directory, files);
  return fail(
    errorDiagnostic("source/not-found", `the model \`${reference.source}\` does not exist`, {
      hint: "correct the path, which is relative to `mlpackage.yaml`",
    }),
  );
}

function wordDvc(file: string) {
  const message = `\`${file}\` is a DVC pointer, and the model itself is not here`;
  const hint = `fetch it with \`dvc pull ${file}\`, and name \`${file.replace(/\.dvc$/, "")}\``;
  return errorDiagnostic("source/dvc-pointer", message, { hint });
}

/** Loaded for folders and globs alone: most models are one file. */
async function loadGlobs(): Promise<Picomatch> {
  return (await import("picomatch")).default;
}

/** Whether a glob could choose something below a folder. */
function isReached(folder: string, globs: readonly string[], { isMatch }: Picomatch): boolean {
  const depth = folder.split("/").length;
  return globs.some((glob) => {
    const segments = glob.split("/");
    const head = segments.slice(0, depth);
    return head.includes("**") || (segments.length > depth && isMatch(folder, head.join("/")));
  });
}

/** Whether a path of the package is, or lies behind, a link that leads out of it. */
async function leadsOutside(place: string, directory: string, files: Files): Promise<boolean> {
  const given = path.join(directory, place);
  const real = await files.realPath(given);
  if (real === undefined || real === given) return false;
  const relative = path.relative((await files.realPath(directory)) ?? directory, real);
  return relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
}

function wordOutside(link: string) {
  const message = `\`${link}\` is a link to a place outside the package's folder`;
  return errorDiagnostic("source/link-outside", message, {
    hint: "replace the link with a copy of the file",
  });
}

/** A folder keeps its own name inside the model, as `Model.register()` kept it. */
async function findInFolder(
  reference: SourceReference,
  folder: string,
  nameInside: string,
  directory: string,
  files: Files,
): Promise<Result<readonly FoundFile[]>> {
  const picomatch = await loadGlobs();
  const isIncluded = picomatch(reference.include.length > 0 ? [...reference.include] : ["**"], { dot: true });
  const isExcluded = picomatch([...ALWAYS_EXCLUDED, ...reference.exclude], { dot: true });
  const tree = await files.listTree(path.join(directory, folder), undefined, directory);
  const chosen = tree.filter(
    (entry) =>
      !isExcluded(entry.path) &&
      (isIncluded(entry.path) ||
        (entry.outside === "directory" && isReached(entry.path, reference.include, picomatch))),
  );
  const outside = chosen.filter((entry) => entry.outside !== undefined);
  if (outside.length > 0)
    return fail(...outside.map((entry) => wordOutside(path.posix.join(folder, entry.path))));
  const found = chosen.map((entry) => ({
    path: path.posix.join(nameInside, entry.path),
    origin: path.posix.join(folder, entry.path),
  }));
  if (found.length > 0) return succeed(found);
  return fail(
    errorDiagnostic(
      "source/empty",
      `no file in \`${reference.source}\` matches \`include\` and \`exclude\``,
      {
        hint: "check the path, or change them: globs match paths inside the folder, and `**` matches any folders",
      },
    ),
  );
}

function compareDigest(
  reference: SourceReference,
  digests: readonly { readonly digest: Digest }[],
): Result<never> | undefined {
  if (reference.sha256 === undefined) return undefined;
  if (digests.length !== 1) {
    return fail(
      errorDiagnostic(
        "source/sha256-of-folder",
        "`sha256` is the digest of one file, and this model has several",
        {
          hint: "remove `sha256`",
        },
      ),
    );
  }
  const actual = digests[0]?.digest.slice("sha256:".length);
  return actual === reference.sha256 ? undefined : fail(wordMismatch(reference, actual ?? ""));
}

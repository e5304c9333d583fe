import path from "node:path";
import { createContentStore } from "../../caches/content-store.ts";
import { createQuarantine } from "../../caches/quarantine.ts";
import { stemOf } from "../../config/stem-of-source.ts";
import { type Diagnostic, errorDiagnostic } from "../../model/diagnostic.ts";
import type { Files } from "../../model/host.ts";
import type { OutputFile } from "../../model/outcome.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import type { ContentStore, SourceContext, TransferProgress } from "../../model/source.ts";
import { visibleText } from "../../report/visible-text.ts";
import { ociSource } from "../../sources/oci.ts";
import { EXIT } from "../exit-code.ts";
import { refuse } from "../refuse.ts";
import { type Session, tell } from "../session.ts";
import { openRegistryModel, type RegistryModel } from "./registry-model.ts";

/** How often a person is told how much has come. */
const TELL_EVERY_MS = 5000;

export type PullOptions = {
  readonly reference: string;
  /** Else called after the repository. */
  readonly folder: string | undefined;
  readonly force: boolean;
};

/** What was brought, and under which digest a later call finds the same. */
type Pulled = { readonly digest: string; readonly files: readonly OutputFile[] };

/** Brings a whole model from a registry into a folder, or nothing of it. */
export async function pullModel(
  session: Session,
  { reference, folder, force }: PullOptions,
): Promise<number> {
  const opened = openRegistryModel(session, reference);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  const shown = folder ?? stemOf(opened.value.reference.source);
  const target = path.resolve(session.workingDirectory, session.options.directory, shown);
  const { files } = session.host;
  const taken = force ? undefined : await findTaken(target, shown, files);
  if (taken !== undefined) return refuse(session, taken);
  const store = await openStore(session);
  const pulled = await pull(opened.value, store, session);
  if (session.signal.aborted) return EXIT.interrupted;
  if (!pulled.ok) return refuse(session, ...pulled.diagnostics);
  const laidOut = await layOut(target, shown, pulled.value.files, { files, store });
  if (!laidOut.ok) return refuse(session, ...laidOut.diagnostics);
  report(session, opened.value.name, shown, pulled.value);
  return EXIT.done;
}

/** What is there may be somebody's work: it takes a word to put a model over it. */
async function findTaken(target: string, shown: string, files: Files): Promise<Diagnostic | undefined> {
  const status = await files.status(target);
  const isFree =
    status === undefined || (status.type === "directory" && (await files.list(target)).length === 0);
  if (isFree) return undefined;
  return errorDiagnostic("cli/place-taken", `\`${shown}\` exists already, and is not empty`, {
    hint: "choose another folder, or add `--force` to overwrite files of the same names",
  });
}

async function openStore({ host, cacheDirectory }: Session): Promise<ContentStore> {
  await host.files.makeDirectory(cacheDirectory, 0o700);
  return createContentStore(
    cacheDirectory,
    host.files,
    createQuarantine(cacheDirectory, host.files, () => {}),
  );
}

async function pull(
  { reference, repositoryOf }: RegistryModel,
  store: ContentStore,
  session: Session,
): Promise<Result<Pulled>> {
  const { host, signal, workingDirectory: directory } = session;
  const onProgress = createTeller(session);
  const context: SourceContext = { host, directory, signal, store, repositoryOf, onProgress };
  const pinned = await ociSource.pin(reference, context);
  if (!pinned.ok) return pinned;
  const fetched = await ociSource.fetch(reference, pinned.value, context);
  if (!fetched.ok) return fetched;
  const { digest = "" } = pinned.value.identity.revision as { readonly digest?: string };
  return succeed({ digest, files: fetched.value });
}

function createTeller(session: Session): (progress: TransferProgress) => void {
  const { clock } = session.host;
  let toldMs = clock.monotonic();
  return ({ bytes, totalBytes, waiting }) => {
    const now = clock.monotonic();
    if (session.options.json || now - toldMs < TELL_EVERY_MS) return;
    toldMs = now;
    const total = totalBytes === undefined ? "" : ` of ${megabytes(totalBytes)}`;
    tell(
      session,
      waiting === undefined ? `${megabytes(bytes)}${total} MB` : `waits: ${visibleText(waiting.reason)}`,
    );
  };
}

type Means = { readonly files: Files; readonly store: ContentStore };

/**
 * Puts the files beside their place first. A folder that is not there yet appears whole; into one that is, each file is
 * moved over the one of its name.
 */
async function layOut(
  target: string,
  shown: string,
  wanted: readonly OutputFile[],
  { files, store }: Means,
): Promise<Result<void>> {
  const isThere = (await files.status(target)) !== undefined;
  const inTheWay = isThere ? await findInTheWay(target, shown, wanted, files) : undefined;
  if (inTheWay !== undefined) return fail(inTheWay);
  await files.makeDirectory(path.dirname(target));
  const beside = isThere ? target : path.dirname(target);
  const made = await files.makeTemporaryDirectory(beside, `.${path.basename(target)}-`);
  const whole = path.join(made, "model");
  try {
    await files.makeDirectory(whole, 0o755);
    for (const file of wanted) await copy(file, whole, { files, store });
    if (isThere) for (const file of wanted) await move(file, whole, target, files);
    else await files.rename(whole, target);
    return succeed(undefined);
  } finally {
    await files.remove(made);
  }
}

async function copy(file: OutputFile, folder: string, { files, store }: Means): Promise<void> {
  const place = await store.find(file.digest);
  if (place === undefined) throw new Error(`${file.path} has gone from the cache folder`);
  const copied = path.join(folder, file.path);
  await files.makeDirectory(path.dirname(copied));
  await files.copy(place, copied);
  await files.setMode(copied, file.mode);
}

async function move(file: OutputFile, from: string, to: string, files: Files): Promise<void> {
  const place = path.join(to, file.path);
  await files.makeDirectory(path.dirname(place));
  await files.rename(path.join(from, file.path), place);
}

/** A file where a folder should be, or the other way round, or a link that leads elsewhere. */
async function findInTheWay(
  target: string,
  shown: string,
  wanted: readonly OutputFile[],
  files: Files,
): Promise<Diagnostic | undefined> {
  const root = (await files.realPath(target)) ?? target;
  const isFolder = (await files.status(target))?.type === "directory";
  const folders = new Set(wanted.map((file) => path.posix.dirname(file.path)));
  const bent: string[] = isFolder ? [] : [shown];
  for (const folder of isFolder ? folders : []) {
    const real = await files.realPath(path.join(target, folder));
    if (real !== undefined && real !== path.join(root, folder)) bent.push(path.join(shown, folder));
  }
  for (const file of isFolder ? wanted : []) {
    const status = await files.status(path.join(target, file.path));
    if (status !== undefined && status.type !== "file") bent.push(path.join(shown, file.path));
  }
  const [first] = bent;
  if (first === undefined) return undefined;
  return errorDiagnostic(
    "cli/place-taken",
    `\`${first}\` is in the way: it is a link, or a file in place of a folder`,
    {
      hint: "choose another folder, or remove it",
    },
  );
}

function report(session: Session, reference: string, folder: string, { digest, files }: Pulled): void {
  const bytes = files.reduce((total, { size }) => total + size, 0);
  if (session.options.json) {
    const told = {
      reference,
      digest,
      folder,
      files: files.map(({ path: name, digest: one, size }) => ({ path: name, digest: one, size })),
    };
    session.writeData(`${JSON.stringify(told, undefined, 2)}\n`);
    return;
  }
  const count = files.length === 1 ? "1 file" : `${files.length} files`;
  tell(session, `${folder} has ${count} of ${reference}, ${megabytes(bytes)} MB: ${digest}`);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

import path from "node:path";
import { canonicalJson } from "../../model/digest.ts";
import { inLanes } from "../../model/lanes.ts";
import { type RemoteFile, SourceFault } from "../../model/place.ts";
import type { SerializableRecord } from "../../model/serializable.ts";
import { rangeHeaders } from "../../transfers/range-headers.ts";
import { recordsIn } from "./resolve.ts";
import type { Server } from "./server.ts";

const { posix } = path;

/** Of one folder; MLflow lists none in one answer with those below. */
type Entry = { readonly name: string; readonly isFolder: boolean; readonly size?: number };

type ListFolder = (folder: string) => Promise<readonly Entry[]>;

type Found = { readonly path: string; readonly size?: number };

/** An MLflow server that hands artifacts out itself. */
export type ArtifactProxy = {
  /** Without a closing slash. */
  readonly at: string;
  /** Of the artifacts, in its own; without slashes around it. */
  readonly root: string;
};

const API = "api/2.0/mlflow-artifacts/artifacts";

const FOLDERS_AT_ONCE = 8;

/** No model has so many; a server that makes folders up has. */
const MOST_FOLDERS = 10_000;
const MOST_FILES = 100_000;

/** The server fetches a file for itself before it sends the first byte of it. */
const PATIENCE_MS = 5 * 60_000;

/** The server behind an address of artifacts; undefined where they lie elsewhere. */
export function proxyOf(uri: string, tracking: string): ArtifactProxy | undefined {
  const [, , host, place = ""] = /^mlflow-artifacts:(\/\/([^/]*))?(\/.*)?$/i.exec(uri) ?? [];
  if (/^mlflow-artifacts:/i.test(uri)) {
    const { protocol, host: own, pathname } = new URL(tracking);
    const at = `${protocol}//${host || own}${pathname}`.replace(/\/+$/, "");
    return { at, root: trim(place) };
  }
  const [, at, root = ""] =
    /^(https?:\/\/.*?)\/+api\/2\.0\/mlflow-artifacts\/artifacts(\/.*)?$/.exec(uri) ?? [];
  return at === undefined ? undefined : { at, root: trim(root) };
}

function trim(place: string): string {
  return place.split("/").filter(Boolean).join("/");
}

/** The files of a run at a path of its artifacts. Its listing comes in pages. */
export async function listRun(
  run: { readonly id: string; readonly path: string },
  proxy: ArtifactProxy,
  server: Server,
): Promise<readonly RemoteFile[]> {
  const found = await findFiles(run.path, (folder) => listFolderOfRun(run.id, folder, server));
  return found.map((file) => remoteFile(file, posix.join(proxy.root, run.path), run.path, proxy, server));
}

/** The files at the root of a proxy. */
export async function listProxied(proxy: ArtifactProxy, server: Server): Promise<readonly RemoteFile[]> {
  const found = await findFiles(proxy.root, async (folder) => {
    const query = folder === "" ? {} : { path: folder };
    const { files } = await server.ask({ at: proxy.at, path: "mlflow-artifacts/artifacts", query });
    return entriesIn(recordsIn(files), folder);
  });
  return found.map((file) => remoteFile(file, proxy.root, proxy.root, proxy, server));
}

function remoteFile(
  { path: place, size }: Found,
  root: string,
  asked: string,
  proxy: ArtifactProxy,
  server: Server,
): RemoteFile {
  const isOne = place === "";
  const address = (isOne ? root : posix.join(root, place)).split("/").map(encodeURIComponent).join("/");
  return {
    path: isOne ? posix.basename(asked) : place,
    ...(size !== undefined && { size, version: `${size} bytes` }),
    open: (span, validator, signal) =>
      server.send({
        url: `${proxy.at}/${API}/${address}`,
        headers: rangeHeaders(span, validator),
        timeoutMs: PATIENCE_MS,
        signal,
      }),
  };
}

/** All files below a folder, by their paths inside it; or the one file that the path is of, whose path is empty. */
async function findFiles(start: string, listFolder: ListFolder): Promise<readonly Found[]> {
  const files: Found[] = [];
  let [level, folders] = [[""], 0];
  while (level.length > 0) {
    folders += level.length;
    if (folders > MOST_FOLDERS) throw wordTooMany();
    const next: string[] = [];
    await inLanes(level, FOLDERS_AT_ONCE, async (folder) => {
      for (const { name, isFolder, size } of await listFolder(
        posix.join(start, folder).replace(/^\.$/, ""),
      )) {
        const place = folder === "" ? name : `${folder}/${name}`;
        if (isFolder) next.push(place);
        else files.push({ path: place, ...(size !== undefined && { size }) });
        if (files.length > MOST_FILES) throw wordTooMany();
      }
    });
    level = next;
  }
  return files.length > 0 || start === "" ? files : findFile(start, listFolder);
}

/** A file is in no list but that of its folder. */
async function findFile(place: string, listFolder: ListFolder): Promise<readonly Found[]> {
  const entries = await listFolder(posix.dirname(place).replace(/^\.$/, ""));
  const entry = entries.find(({ name, isFolder }) => name === posix.basename(place) && !isFolder);
  return entry === undefined ? [] : [{ path: "", ...(entry.size !== undefined && { size: entry.size }) }];
}

/**
 * A list that comes in pages is looked at twice: nothing else tells whether it is of one moment.
 */
async function listFolderOfRun(id: string, folder: string, server: Server): Promise<readonly Entry[]> {
  const first = await readPages(id, folder, server);
  if (first.pages === 1) return first.entries;
  const second = await readPages(id, folder, server);
  if (canonicalJson(first.entries) === canonicalJson(second.entries)) return second.entries;
  throw new SourceFault(
    "source/changed",
    `the artifacts of the run \`${id}\` changed while they were listed`,
    "apply again when the run has ended",
  );
}

async function readPages(id: string, folder: string, { ask, tracking: at }: Server) {
  const entries: Entry[] = [];
  const tokens = new Set<string>();
  for (let token = ""; ; ) {
    const query = {
      run_id: id,
      ...(folder !== "" && { path: folder }),
      ...(token !== "" && { page_token: token }),
    };
    const { files, next_page_token } = await ask({ at, path: "mlflow/artifacts/list", query });
    entries.push(...entriesIn(recordsIn(files), folder));
    token = typeof next_page_token === "string" ? next_page_token : "";
    if (token === "") return { entries, pages: tokens.size + 1 };
    if (tokens.has(token) || tokens.size >= MOST_FOLDERS) throw wordTooMany();
    tokens.add(token);
  }
}

/** A run's artifacts are told by their paths in it, those of a proxy by their names. */
function entriesIn(files: readonly SerializableRecord[], folder: string): readonly Entry[] {
  return files.flatMap(({ path: place, is_dir, file_size }) => {
    if (typeof place !== "string") return [];
    const name = folder !== "" && place.startsWith(`${folder}/`) ? place.slice(folder.length + 1) : place;
    // Some stores list a file as what lies in itself.
    if (place === folder) return [];
    const size = Number(file_size ?? Number.NaN);
    return [{ name, isFolder: is_dir === true, ...(Number.isSafeInteger(size) && { size }) }];
  });
}

function wordTooMany(): SourceFault {
  return new SourceFault(
    "source/unexpected-answer",
    "MLflow's list of files has no end",
    "write the path of the model's own folder: `mlflow:runs:/RUN_ID/PATH`",
  );
}

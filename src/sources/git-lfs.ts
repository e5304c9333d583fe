import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Digest } from "../model/digest.ts";
import {
  findLfsRepository,
  hasLfsObject,
  type LfsRepository,
  lfsObjectPlace,
  NOBODYS,
  wordLfsPull,
} from "../model/git-lfs.ts";
import type { OutputFile } from "../model/outcome.ts";
import { Refusal, type RemoteFile, SourceFault } from "../model/place.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { SourceContext, SourceReference } from "../model/source.ts";
import { follow } from "../transfers/follow.ts";
import { persist } from "../transfers/persist.ts";
import { rangeHeaders } from "../transfers/range-headers.ts";
import { askBatch, type LfsAction, type PointedFile } from "./git-lfs-batch.ts";
import { bringAll, orDiagnostic } from "./remote-source.ts";

/** As many as git-lfs itself asks for at once. */
const OBJECTS_AT_ONCE = 100;

/** Before its time is over, an action is no use for a transfer that would begin now. */
const EXPIRES_EARLIER_MS = 5000;

/** Says whether pointers can be fetched, as far as it is known without asking anybody. */
export async function checkFetchable(
  files: readonly PointedFile[],
  { host, directory, store }: SourceContext,
): Promise<Result<void>> {
  const repository = await findLfsRepository(directory, host.files);
  const lacking: PointedFile[] = [];
  for (const file of files) {
    const isHere =
      (repository?.endpoint !== undefined && file.digest !== NOBODYS.digest) ||
      (repository !== undefined && (await hasLfsObject(repository, file, host.files))) ||
      (await store.find(file.digest)) !== undefined;
    if (!isHere) lacking.push(file);
  }
  const origins = lacking.map(({ origin }) => origin);
  return lacking.length === 0 ? succeed(undefined) : fail(wordPointers(origins, repository));
}

/** Pointers that nobody here can fetch, by their paths in the package. */
function wordPointers(origins: readonly string[], repository: LfsRepository | undefined) {
  const [first = "", ...others] = origins;
  const what =
    others.length === 0
      ? `\`${first}\` is a Git LFS pointer, not the model itself`
      : `\`${first}\` and ${others.length} more are Git LFS pointers, not the model itself`;
  return errorDiagnostic("source/git-lfs-pointer", what, { hint: wordLfsPull(origins, repository) });
}

/**
 * Brings what pointers stand for: from the store, from the clone, or from the server of git-lfs, as anybody.
 *
 * Errors: `source/git-lfs-pointer`, `source/git-lfs-refused`, `source/git-lfs-object`, `source/git-lfs-answer`, and those
 * of `transfers/`.
 */
export async function bringObjects(
  files: readonly PointedFile[],
  reference: SourceReference,
  context: SourceContext,
): Promise<Result<readonly OutputFile[]>> {
  const repository = await findLfsRepository(context.directory, context.host.files);
  return orDiagnostic(reference, async () => {
    const actions = await askForMissing(files, repository, context);
    const remote = files.map((file) => remoteFile(file, { actions, repository, context }));
    return bringAll(remote, reference, {}, context);
  });
}

type Actions = Map<Digest, LfsAction>;

/** Asked for together, before the first of them comes: then it is known at once whether all can be had. */
async function askForMissing(
  files: readonly PointedFile[],
  repository: LfsRepository | undefined,
  context: SourceContext,
): Promise<Actions> {
  const { host, store } = context;
  const missing = new Map<Digest, PointedFile>();
  for (const file of files) {
    const isInClone = repository !== undefined && (await hasLfsObject(repository, file, host.files));
    if (!isInClone && (await store.find(file.digest)) === undefined) missing.set(file.digest, file);
  }
  const wanted = [...missing.values()];
  const actions: Actions = new Map();
  for (let at = 0; at < wanted.length; at += OBJECTS_AT_ONCE) {
    const some = wanted.slice(at, at + OBJECTS_AT_ONCE);
    const told = (fault: Error, forMs: number) =>
      context.onProgress({ bytes: 0, waiting: { reason: fault.message, forMs } });
    const answered = await persist({ ...context, onWait: told }, () => ask(some, repository, context));
    for (const [digest, action] of answered) actions.set(digest, action);
  }
  return actions;
}

async function ask(
  files: readonly PointedFile[],
  repository: LfsRepository | undefined,
  { host, signal }: SourceContext,
): Promise<ReadonlyMap<Digest, LfsAction>> {
  const origins = files.map(({ origin }) => origin);
  if (repository?.endpoint === undefined) {
    const { code, message, hint } = wordPointers(origins, repository);
    throw new SourceFault(code, message, hint);
  }
  const { endpoint } = repository;
  return withCommand(origins, repository, () =>
    askBatch(endpoint, files, { network: host.network, nowMs: host.clock.now(), signal }),
  );
}

type Bringing = {
  readonly actions: Actions;
  readonly repository: LfsRepository | undefined;
  readonly context: SourceContext;
};

function remoteFile(file: PointedFile, { actions, repository, context }: Bringing): RemoteFile {
  const { digest, size, path, origin } = file;
  async function actionNow(): Promise<LfsAction> {
    const known = actions.get(digest);
    const nowMs = context.host.clock.now();
    if (known !== undefined && nowMs < known.expiresMs - EXPIRES_EARLIER_MS) return known;
    const action = (await ask([file], repository, context)).get(digest) as LfsAction;
    actions.set(digest, action);
    return action;
  }
  return {
    path,
    digest,
    size,
    ...(repository !== undefined && { copy: lfsObjectPlace(repository, file) }),
    async open(span, validator, signal) {
      const { url, headers } = await actionNow();
      const wanted = { url, headers: rangeHeaders(span, validator), credentials: headers, signal };
      return withCommand([origin], repository, () => follow(context.host.network, wanted));
    },
  };
}

/** Where nobody is let in who does not say who he is, git-lfs knows how to. */
async function withCommand<T>(
  origins: readonly string[],
  repository: LfsRepository | undefined,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refusal) || ![401, 403, 404, 410, 422].includes(error.status)) throw error;
    const { status, message, headers } = error;
    const code = error.code === "source/refused" ? "source/git-lfs-refused" : error.code;
    throw new Refusal(status, message, { headers, code, hint: wordLfsPull(origins, repository) });
  }
}

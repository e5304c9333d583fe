import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { canonicalJson, type Digest, digestOfValue } from "../model/digest.ts";
import { findUnsafePath } from "../model/file-names.ts";
import { type Host, NetworkError } from "../model/host.ts";
import { inLanes } from "../model/lanes.ts";
import { createLimit } from "../model/limit.ts";
import type { OutputFile } from "../model/outcome.ts";
import {
  type Listing,
  type Place,
  Refusal,
  type RemoteFile,
  type Revision,
  SourceFault,
} from "../model/place.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { isLastingFault } from "../model/retry.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Pin, Source, SourceContext, SourceReference } from "../model/source.ts";
import { gatheredBytes } from "../transfers/gathering.ts";
import { createMeter } from "../transfers/meter.ts";
import { mayPass, persist } from "../transfers/persist.ts";
import { demandSpace } from "../transfers/space.ts";
import { isHeld, transfer, WrongContent } from "../transfers/transfer.ts";
import { wordMismatch } from "./word-mismatch.ts";

/** So many files at once: a small one is hardly more than the time its request takes. */
const FILES_AT_ONCE = 32;

/** And so many requests, large files having several at once. */
const CONNECTIONS = 32;

/** What a pin has of a file. */
type PinnedFile = { readonly digest?: Digest; readonly size?: number; readonly version?: string };

/** A source and what it was made of: a place may name another one, where its files are. */
export type RemoteSource = Source & { readonly place: Place };

type PinnedIdentity = { readonly revision: Revision; readonly files: Readonly<Record<string, PinnedFile>> };

/**
 * The source of a kind of place: what all of them do alike. Its pin is the place's revision, and of each file the
 * digest, the size and the version as far as they are known before it is here; from a lock it is made without asking.
 *
 * Errors: those of the place, of `transfers/`, and `source/unreachable`, `source/refused`, `source/empty`,
 * `source/unsafe-name`, `source/sha256-of-folder`, `source/digest-mismatch`, `source/no-identity`, `source/changed`,
 * `source/no-space`.
 */
export function createRemoteSource(place: Place): RemoteSource {
  /** What was listed last, by reference: it is fetched right after it was pinned. Another host may reach another world. */
  const listings = new WeakMap<Host, Map<string, Listing>>();

  async function list(
    reference: SourceReference,
    revision: Revision | undefined,
    context: SourceContext,
  ): Promise<Result<Listing>> {
    const patience = { ...context, onWait: (fault: Error, forMs: number) => tellWait(context, fault, forMs) };
    const listed = await orDiagnostic(reference, () =>
      persist(patience, () => place.list(reference, revision, context)),
    );
    if (!listed.ok) return listed;
    const chosen = await choose(listed.value, reference);
    if (!chosen.ok) return chosen;
    const ofHost = listings.get(context.host) ?? new Map<string, Listing>();
    listings.set(context.host, ofHost.set(keyOf(reference), chosen.value));
    return succeed(chosen.value, listed.warnings);
  }

  return {
    place,
    schemes: place.schemes,
    parse: (reference) => place.parse(reference),

    async pin(reference, context) {
      const { locked } = reference;
      if (locked !== undefined)
        return succeed(pinOf({ revision: locked.revision ?? {}, files: locked.files }));
      const listed = await list(reference, undefined, context);
      if (!listed.ok) return listed;
      const { revision, files } = listed.value;
      const nameless = files.find(({ digest, version }) => digest === undefined && version === undefined);
      if (nameless !== undefined && Object.keys(revision).length === 0)
        return fail(wordNoIdentity(nameless, reference));
      const pinned = files.map((file) => [file.path, pinnedFile(file)] as const);
      return succeed(pinOf({ revision, files: Object.fromEntries(pinned) }), listed.warnings);
    },

    find: (pin, context) => findAll(identityOf(pin).files, context),

    async fetch(reference, pin, context) {
      const { revision, files } = identityOf(pin);
      const here = await findAll(files, context);
      if (here !== undefined) return succeed(here);
      const known = listings.get(context.host)?.get(keyOf(reference));
      const listed =
        known !== undefined && canonicalJson(known.revision) === canonicalJson(revision)
          ? succeed(known)
          : await list(withPinnedDigest(reference, files), revision, context);
      if (!listed.ok) return listed;
      const wanted = matchPinned(listed.value.files, files, reference);
      if (!wanted.ok) return wanted;
      return orDiagnostic(reference, () => bringAll(wanted.value, reference, revision, context));
    },
  };

  function pinOf(identity: PinnedIdentity): Pin {
    return {
      scheme: place.schemes[0] ?? "",
      identity: identity as unknown as SerializableRecord,
      paths: Object.keys(identity.files),
    };
  }
}

function identityOf(pin: Pin): PinnedIdentity {
  return pin.identity as unknown as PinnedIdentity;
}

function keyOf({ source, include, exclude, sha256 = "" }: SourceReference): string {
  return canonicalJson([source, include, exclude, sha256]);
}

function pinnedFile({ digest, size, version }: RemoteFile): PinnedFile {
  return {
    ...(digest !== undefined && { digest }),
    ...(size !== undefined && { size }),
    ...(version !== undefined && digest === undefined && { version }),
  };
}

/** The files that belong to the model, sorted, with names that are safe, of which something is known to tell them by. */
async function choose(listing: Listing, reference: SourceReference): Promise<Result<Listing>> {
  const files = (await filter(listing.files, reference)).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  if (files.length === 0)
    return fail(
      errorDiagnostic(
        "source/empty",
        `no file in \`${reference.source}\` matches \`include\` and \`exclude\``,
        {
          hint: "check the path, or change them: globs match paths inside the source, and `**` matches any folders",
        },
      ),
    );
  const unsafe = findUnsafePath(files.map(({ path }) => path));
  if (unsafe !== undefined) return fail(wordUnsafe(unsafe, reference));
  const { sha256 } = reference;
  if (sha256 === undefined) return succeed({ ...listing, files });
  const [file, ...others] = files;
  if (file === undefined || others.length > 0) return fail(wordSeveral());
  const digest: Digest = `sha256:${sha256}`;
  if (file.digest !== undefined && file.digest !== digest)
    return fail(wordMismatch(reference, file.digest.slice("sha256:".length)));
  return succeed({ ...listing, files: [{ ...file, digest }] });
}

async function filter(
  files: readonly RemoteFile[],
  { include, exclude }: SourceReference,
): Promise<readonly RemoteFile[]> {
  if (include.length === 0 && exclude.length === 0) return files;
  const { default: picomatch } = await import("picomatch");
  const isIncluded = picomatch(include.length > 0 ? [...include] : ["**"], { dot: true });
  const isExcluded = picomatch([...exclude], { dot: true });
  return files.filter(({ path }) => isIncluded(path) && !isExcluded(path));
}

/** One file whose digest is known needs nothing else to be known of it. */
function withPinnedDigest(reference: SourceReference, pinned: PinnedIdentity["files"]): SourceReference {
  const [file, ...others] = Object.values(pinned);
  if (file?.digest === undefined || others.length > 0) return reference;
  return { sha256: file.digest.slice("sha256:".length), ...reference };
}

/** Each file that is pinned, as the place has it now; what changed since is none of them. */
function matchPinned(
  listed: readonly RemoteFile[],
  pinned: PinnedIdentity["files"],
  reference: SourceReference,
): Result<readonly RemoteFile[]> {
  const byPath = new Map(listed.map((file) => [file.path, file]));
  const files: RemoteFile[] = [];
  for (const [path, { digest, size, version }] of Object.entries(pinned)) {
    const file = byPath.get(path);
    const isOther =
      file === undefined ||
      (digest !== undefined && file.digest !== undefined && file.digest !== digest) ||
      (version !== undefined && file.version !== undefined && file.version !== version);
    if (isOther) return fail(wordChanged(path, file !== undefined, reference));
    files.push({ ...file, ...(digest !== undefined && { digest }), ...(size !== undefined && { size }) });
  }
  return succeed(files);
}

async function findAll(
  pinned: PinnedIdentity["files"],
  { store, host }: SourceContext,
): Promise<readonly OutputFile[] | undefined> {
  const files: OutputFile[] = [];
  for (const [path, { digest }] of Object.entries(pinned)) {
    const place = digest && (await store.find(digest));
    if (digest === undefined || place === undefined) return undefined;
    files.push({ path, digest, size: (await host.files.status(place))?.size ?? 0, mode: 0o644 });
  }
  return files;
}

/** Brings files into the store, many at once; those that are here are not asked for. */
export async function bringAll(
  files: readonly RemoteFile[],
  reference: SourceReference,
  revision: Revision,
  context: SourceContext,
): Promise<readonly OutputFile[]> {
  const brought = new Map<string, OutputFile>();
  const meter = createMeter(files, context);
  const withConnection = createLimit(CONNECTIONS);
  /** What tells the bytes apart from all others, by which a later process goes on with them. */
  const nameOf = ({ digest, path, version = "" }: RemoteFile): Digest =>
    digestOfValue(
      digest === undefined
        ? { digest: "", from: [reference.source, revision, path, version] }
        : { digest, from: [] },
    );
  await demandSpace(await missingBytes(files, nameOf, context), context.store);
  await inLanes(files, FILES_AT_ONCE, async (file) => {
    const more = { name: nameOf(file), withConnection, progress: meter.follow(file) };
    const blob = await transfer(file, { ...context, ...more });
    brought.set(file.path, { path: file.path, digest: blob.digest, size: blob.size, mode: 0o644 });
  });
  return files.flatMap(({ path }) => brought.get(path) ?? []);
}

/** What has to come yet, and is known to. */
async function missingBytes(
  files: readonly RemoteFile[],
  nameOf: (file: RemoteFile) => Digest,
  context: SourceContext,
): Promise<number> {
  const missing = await Promise.all(
    files.map(async (file) => {
      const { digest, size = 0 } = file;
      if (digest !== undefined && (await context.store.find(digest)) !== undefined) return 0;
      return isHeld(file) ? size : size - (await gatheredBytes(nameOf(file), context));
    }),
  );
  return missing.reduce((total, bytes) => total + bytes, 0);
}

function tellWait({ onProgress }: SourceContext, { message }: Error, forMs: number): void {
  onProgress({ bytes: 0, waiting: { reason: message, forMs } });
}

/** What the world did wrong, as a diagnostic; any other error is thrown on. */
export async function orDiagnostic<T>(
  reference: SourceReference,
  act: () => Promise<T | Result<T>>,
): Promise<Result<T>> {
  try {
    const done = await act();
    return isResult(done) ? done : succeed(done);
  } catch (error) {
    if (error instanceof WrongContent && reference.sha256 !== undefined)
      return fail(wordMismatch(reference, error.actual.slice("sha256:".length)));
    const worded = wordFault(error);
    if (worded === undefined) throw error;
    return fail(worded);
  }
}

function isResult<T>(value: T | Result<T>): value is Result<T> {
  return typeof value === "object" && value !== null && "ok" in value;
}

/** What a place or the network said no with; undefined for any other error. */
export function wordFault(error: unknown): Diagnostic | undefined {
  const transient = mayPass(error);
  if (error instanceof Refusal) {
    const { code, message, hint, status } = error;
    return errorDiagnostic(code, message, {
      ...(hint !== undefined && { hint }),
      details: { status, transient },
    });
  }
  if (error instanceof SourceFault)
    return errorDiagnostic(error.code, error.message, {
      ...(error.hint !== undefined && { hint: error.hint }),
    });
  if (error instanceof NetworkError)
    return errorDiagnostic("source/unreachable", `the model could not be downloaded: ${error.message}`, {
      hint: isLastingFault(error.code)
        ? "check the address, the network and the proxy (`HTTPS_PROXY`)"
        : "apply again: the part that has arrived is kept",
      details: { transient, code: error.code },
    });
  return undefined;
}

function wordUnsafe(
  { path, fault }: { readonly path: string; readonly fault: string },
  { source }: SourceReference,
): Diagnostic {
  return errorDiagnostic("source/unsafe-name", `\`${source}\` has a file that ${fault}`, {
    excerpt: [path],
    hint: "leave it out with `exclude`, or rename it at its source",
  });
}

function wordNoIdentity({ path }: RemoteFile, { source }: SourceReference): Diagnostic {
  return errorDiagnostic("source/no-identity", `\`${path}\` at \`${source}\` has no version or checksum`, {
    hint: "add the file's `sha256`, so that a change is noticed",
  });
}

function wordSeveral(): Diagnostic {
  return errorDiagnostic(
    "source/sha256-of-folder",
    "`sha256` is the digest of one file, and this model has several",
    { hint: "remove `sha256`: `mlpackage.lock` keeps the digest of each file" },
  );
}

function wordChanged(path: string, isThere: boolean, { source }: SourceReference): Diagnostic {
  const what = isThere ? "has changed since it was locked" : "is gone";
  return errorDiagnostic("source/changed", `\`${path}\` of \`${source}\` ${what}`, {
    hint: "if the change is intended, type `mlpackage lock --upgrade models`",
  });
}

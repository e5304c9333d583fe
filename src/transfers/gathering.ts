import type { Digest } from "../model/digest.ts";
import type { GrowingFile, Host } from "../model/host.ts";
import type { Blob, ContentStore } from "../model/source.ts";
import { joinSpans, type Known, settledBytes } from "./spans.ts";

/** How often what has come is noted: so much, at most, comes again after a kill. */
const NOTED_EVERY_MS = 1000;

/** What is known of a file whose bytes are being gathered. */
type Noted = {
  /** Of the machine: what was written may not be on the disk if it went down since. */
  readonly boot: string;
  readonly size: number;
  /** The strong ETag of what was begun; empty where there was none. */
  readonly validator: string;
  readonly spans: readonly (readonly [start: number, end: number])[];
};

/** A file that is gathered in pieces; what has come outlives the process. */
export type Gathering = {
  /** Undefined as long as nobody knows it. */
  readonly size: () => number | undefined;
  readonly validator: () => string;
  /** Whether some of it came in an earlier process. */
  readonly isResumed: () => boolean;
  readonly spans: () => readonly Known[];
  /** Forgets what has come, if anything has; gives how many bytes that was. */
  readonly begin: (size: number | undefined, validator: string) => Promise<number>;
  readonly write: (chunks: readonly Uint8Array[], position: number) => Promise<void>;
  /** Notes what has come for a later process, or forgets it where none could go on with it. */
  readonly leave: () => Promise<void>;
  /** The digest of all that came, once that is the whole. */
  readonly finish: (size: number) => Promise<Digest>;
  readonly read: () => AsyncIterable<Uint8Array>;
  readonly keep: (blob: Omit<Blob, "path">) => Promise<Blob>;
  readonly discard: () => Promise<void>;
};

/** What is wanted, as far as it is known. */
type Wanted = { readonly size?: number | undefined; readonly digest?: Digest | undefined };

/**
 * Goes on with what was gathered under a name, where it will be known in the end whether that was right: by the digest,
 * or because it was begun under an ETag, and this machine has not gone down since.
 */
export async function openGathering(
  name: Digest,
  { size: wantedSize, digest }: Wanted,
  { host, store }: { readonly host: Host; readonly store: ContentStore },
): Promise<Gathering> {
  const folder = await store.gatherIn(name);
  const [content, notes] = [`${folder}/content`, `${folder}/notes.json`];
  const noted = await readNotes(notes, host);
  const isTrusted =
    digest !== undefined || (noted !== undefined && noted.validator !== "" && isThisBoot(noted.boot, host));
  const there = await host.files.status(content);
  const isUsable =
    noted !== undefined &&
    isTrusted &&
    (wantedSize === undefined || noted.size === wantedSize) &&
    there?.type === "file" &&
    noted.spans.every(([, end]) => end <= there.size);
  if (!isUsable) await host.files.remove(content);
  let size = isUsable ? noted.size : undefined;
  let validator = isUsable ? noted.validator : "";
  let spans: readonly Known[] = isUsable ? noted.spans.map(([start, end]) => ({ start, end })) : [];
  let notedMs = host.clock.monotonic();
  let file: GrowingFile = await host.files.openGrowing(content);
  const isResumed = settledBytes(spans) > 0 || spans.length > 0;
  file.settle(settledBytes(spans));

  async function note(): Promise<void> {
    notedMs = host.clock.monotonic();
    if (size === undefined) return;
    const data: Noted = {
      boot: bootOf(host),
      size,
      validator,
      spans: spans.map(({ start, end }) => [start, end] as const),
    };
    await host.files.writeAtomically(notes, JSON.stringify(data));
  }

  return {
    size: () => size,
    validator: () => validator,
    isResumed: () => isResumed,
    spans: () => spans,
    async begin(wholeSize, etag) {
      const dropped = spans.reduce((bytes, { start, end }) => bytes + end - start, 0);
      if (dropped > 0) {
        await file.close();
        await host.files.remove(content);
        file = await host.files.openGrowing(content);
      }
      [size, validator, spans] = [wholeSize, etag, []];
      return dropped;
    },
    async write(chunks, position) {
      const bytes = chunks.reduce((total, { length }) => total + length, 0);
      await file.write(chunks, position);
      spans = joinSpans([...spans, { start: position, end: position + bytes }]);
      file.settle(settledBytes(spans));
      if (host.clock.monotonic() - notedMs >= NOTED_EVERY_MS) await note();
    },
    async leave() {
      await file.close();
      const isOfUse = spans.length > 0 && (digest !== undefined || validator !== "");
      await (isOfUse ? note() : host.files.remove(folder));
    },
    finish: (whole) => file.finish(whole),
    read: () => host.files.readStream(content),
    async keep(blob) {
      await file.close();
      const kept = await store.take(content, blob);
      await host.files.remove(folder);
      return kept;
    },
    async discard() {
      await file.close();
      await host.files.remove(folder);
    },
  };
}

/** How many bytes an earlier process has left under a name. */
export async function gatheredBytes(
  name: Digest,
  { host, store }: { readonly host: Host; readonly store: ContentStore },
): Promise<number> {
  const noted = await readNotes(`${await store.gatherIn(name)}/notes.json`, host);
  return (noted?.spans ?? []).reduce((bytes, [start, end]) => bytes + end - start, 0);
}

/** Undefined where there are none that can be believed. */
async function readNotes(place: string, { files }: Host): Promise<Noted | undefined> {
  try {
    const { boot, size, validator, spans } = JSON.parse(await files.readText(place)) as Partial<Noted>;
    if (typeof boot !== "string" || typeof size !== "number") return undefined;
    if (typeof validator !== "string" || !Array.isArray(spans)) return undefined;
    const isSound = spans.every(
      ([start, end]) => Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end <= size,
    );
    return isSound ? { boot, size, validator, spans } : undefined;
  } catch {
    return undefined;
  }
}

/** `<machine>-<boot>`; the boot is empty where it cannot be told. */
function bootOf({ identity }: Host): string {
  return identity.id.split("-").slice(0, 2).join("-");
}

function isThisBoot(boot: string, host: Host): boolean {
  return boot === bootOf(host) && !boot.endsWith("-");
}

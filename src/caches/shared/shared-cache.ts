import type { Cache, CacheHit } from "../../model/cache.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Digest } from "../../model/digest.ts";
import type { Clock, Files } from "../../model/host.ts";
import type { StepOutput } from "../../model/outcome.ts";
import type { SigningKey, VerifyingKey } from "../../model/signature.ts";
import type { ContentStore } from "../../model/source.ts";
import { type Breaker, createBreaker } from "./breaker.ts";
import { type Content, downloadContent, downloadRecord } from "./download.ts";
import { type PatienceMs, USUAL_PATIENCE_MS } from "./patience.ts";
import { type SharedPlace, SharedPlaceFault } from "./shared-place.ts";
import { createSharedWarnings, type SharedWarning } from "./shared-warnings.ts";
import { type RecordProblem, sealRecord } from "./signed-records.ts";
import { uploadContent, uploadRecord } from "./upload.ts";

/** Faults in a row until a place is not asked any more. */
const MOST_FAULTS = 3;

/** Contents that are brought, or sent, at a time. */
const CONTENTS_AT_ONCE = 4;

export type SharedCacheOptions = {
  /** The cache of this machine; it is asked first, and has what was brought here. */
  readonly local: Cache;
  readonly place: SharedPlace;
  readonly store: ContentStore;
  readonly files: Files;
  readonly clock: Clock;
  /** Without it nothing is uploaded. */
  readonly isWritten: boolean;
  readonly signingKey?: SigningKey;
  /** Where there are any, an output is taken only if one of them signed it. */
  readonly trustedKeys: readonly VerifyingKey[];
  readonly warn: (diagnostic: Diagnostic) => void;
  readonly signal: AbortSignal;
  readonly patienceMs?: PatienceMs;
};

export type SharedCache = Cache & {
  /** Waits until everything is uploaded or given up. Nothing is asked of the cache after it. */
  readonly finish: () => Promise<void>;
};

/**
 * The cache of this machine, and behind it one that machines share. What the shared one does wrong is a miss, told at
 * most once a run; what it answers is remembered for the run, as is that it had nothing.
 *
 * Warnings: `cache/shared-unavailable`, `cache/unsigned`, `cache/bad-signature`, `cache/damaged-record`,
 * `cache/damaged-content`, `cache/not-uploaded`.
 */
export function createSharedCache(options: SharedCacheOptions): SharedCache {
  const { local, place, store, files, clock, signal, trustedKeys, signingKey, isWritten } = options;
  const patienceMs = options.patienceMs ?? USUAL_PATIENCE_MS;
  const waiting = { clock, signal };
  const warnOnce = createSharedWarnings(options.warn, place.name);
  const limits = { most: MOST_FAULTS, mostWaitedMs: patienceMs.idle, signal };
  const reading = createBreaker({
    ...limits,
    onFault: () => {},
    onOpen: (message) => warnOnce("cache/shared-unavailable", message),
  });
  const writing = createBreaker({
    ...limits,
    onFault: (message) => warnOnce("cache/not-uploaded", message),
    onOpen: () => {},
  });
  const download = { place, breaker: reading, patienceMs, waiting };
  const upload = { place, store, files, patienceMs, waiting };
  const answers = new Map<Digest, Promise<StepOutput | undefined>>();
  const damagedThere = new Set<Digest>();

  const ask = async (key: Digest): Promise<StepOutput | undefined> => {
    const answer = await downloadRecord(key, trustedKeys, download);
    if (answer === "unasked") answers.delete(key);
    else if (typeof answer === "string" && answer !== "absent") warnOnce(PROBLEM_CODES[answer], "");
    return typeof answer === "string" ? undefined : answer;
  };
  const askOnce = (key: Digest): Promise<StepOutput | undefined> => {
    const answer = answers.get(key) ?? ask(key);
    answers.set(key, answer);
    return answer;
  };
  const bring = async (content: Content): Promise<boolean> => {
    const came = await downloadContent(content, store, download);
    if (came === "wrong") {
      damagedThere.add(content.digest);
      warnOnce("cache/damaged-content", content.digest);
    }
    return came === "here";
  };
  const restore = async (key: Digest, output: StepOutput): Promise<boolean> => {
    const isWhole = await everyAtOnce(contentsOf(output), bring);
    if (isWhole) await local.put(key, output);
    // Asked again, it would only fail again.
    else answers.set(key, Promise.resolve(undefined));
    return isWhole;
  };
  const send = async (key: Digest, text: string, output: StepOutput): Promise<void> => {
    const isWhole = await everyAtOnce(contentsOf(output), async (content) => {
      const isDamagedThere = damagedThere.has(content.digest);
      const sent = await attemptUpload(writing, () => uploadContent(content, { isDamagedThere }, upload));
      return sent?.value === true;
    });
    // The record comes last: where it is, all that it names has been.
    if (isWhole) await attemptUpload(writing, () => uploadRecord(key, text, contentsOf(output), upload));
  };
  const queue = createQueue();

  return {
    async get(key) {
      const found = await local.get(key);
      if (typeof found !== "string") return found;
      const output = await askOnce(key);
      if (output === undefined) return found;
      return { output, from: place.name, restore: () => restore(key, output) } satisfies CacheHit;
    },
    async put(key, output) {
      await local.put(key, output);
      if (!isWritten) return;
      const text = sealRecord(key, output, signingKey);
      if (text !== undefined) queue.add(() => (reading.isOpen() ? undefined : send(key, text, output)));
    },
    async finish() {
      await queue.finish();
      const { count, last } = reading.faults();
      // A short run may end before it has asked often enough.
      if (count > 0 && !signal.aborted) warnOnce("cache/shared-unavailable", last);
    },
  };
}

const PROBLEM_CODES: Readonly<Record<RecordProblem, SharedWarning>> = {
  damaged: "cache/damaged-record",
  unsigned: "cache/unsigned",
  "bad-signature": "cache/bad-signature",
};

function contentsOf({ files }: StepOutput): readonly Content[] {
  return [...new Map(files.map((file) => [file.digest, file])).values()];
}

/** Whether an act succeeds for all, a few of them under way at a time; after one that does not, no other begins. */
async function everyAtOnce<T>(items: readonly T[], act: (item: T) => Promise<boolean>): Promise<boolean> {
  const left = items.values();
  let isWhole = true;
  const worker = async (): Promise<void> => {
    for (const item of left) {
      if (!(await act(item))) isWhole = false;
      if (!isWhole) return;
    }
  };
  await Promise.all(Array.from({ length: CONTENTS_AT_ONCE }, worker));
  return isWhole;
}

/** A fault of our own disk ends an upload as one of the place does: the step has long succeeded. */
function attemptUpload<T>(writing: Breaker, act: () => Promise<T>) {
  return writing.attempt(() =>
    act().catch((error: unknown) => {
      const { syscall, message } = error as NodeJS.ErrnoException;
      throw syscall === undefined ? error : new SharedPlaceFault(message);
    }),
  );
}

/** Acts behind one another, in the background; what is thrown in one of them is kept for who waits for the end. */
function createQueue() {
  const bugs: unknown[] = [];
  let last: Promise<void> = Promise.resolve();
  return {
    add: (act: () => Promise<void> | undefined): void => {
      last = last.then(act).catch((error: unknown) => void bugs.push(error));
    },
    finish: async (): Promise<void> => {
      await last;
      if (bugs.length > 0) throw bugs[0];
    },
  };
}

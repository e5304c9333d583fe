import { digestOf } from "../model/digest.ts";
import type { Descriptor } from "../model/image.ts";
import { parseImageReference } from "../model/image-reference.ts";
import { inLanes } from "../model/lanes.ts";
import type { LockOwner } from "../model/locks.ts";
import type { Repository } from "../model/registry.ts";
import type { StepContext } from "../model/step-kind.ts";
import { contentOf, type ImageContents } from "./image-contents.ts";

export type PushedBlobs = {
  readonly repository: Repository;
  readonly contents: ImageContents;
  /** Repositories of any registry that may have a blob already. */
  readonly neighboursOf: (blob: Descriptor) => readonly string[];
};

/** Where a smaller blob lies is not worth remembering. */
const WORTH_NOTING_BYTES = 1e6;

/** How many blobs are sent at once: a registry takes several faster than one, and many no faster than these. */
const AT_ONCE = 3;

/** Brings blobs into a repository: what it has stays, what a neighbour has is taken over, and the rest is sent. */
export async function pushBlobs(
  blobs: readonly Descriptor[],
  { repository, contents, neighboursOf }: PushedBlobs,
  context: StepContext,
): Promise<void> {
  const { signal, locations } = context;
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const progress = createProgress(context);

  /** Neighbours are other repositories of the same registry. */
  async function takeOver(blob: Descriptor): Promise<boolean> {
    const names = new Set([...neighboursOf(blob), ...(await locations.find(blob.digest))]);
    names.delete(repository.name);
    for (const name of names) {
      const { registry, repository: path } = parseImageReference(name);
      if (registry === registryOf(repository.name) && (await repository.mountBlob(blob.digest, path, either)))
        return true;
    }
    return false;
  }

  async function isThere(blob: Descriptor): Promise<boolean> {
    return (await repository.findBlob(blob.digest, either)) !== undefined || takeOver(blob);
  }

  async function send(blob: Descriptor): Promise<void> {
    const content = await contentOf(blob, contents, context);
    progress.expect(blob.size);
    await repository.writeBlob(content, either, progress.follow());
  }

  /** What another run is sending to the same registry, of whichever package, is waited for and taken over. */
  async function sendOnce(blob: Descriptor): Promise<void> {
    let hasWaited = false;
    const onWait = ({ pid, purpose }: LockOwner): void => {
      hasWaited = true;
      context.report({ type: "doing", text: `waits for process ${pid} (${purpose}) to send the same layer` });
    };
    const name = digestOf(`${registryOf(repository.name)} ${blob.digest}`).slice("sha256:".length);
    const release = await context.host.locks.acquire(name, { signal: either, onWait });
    try {
      if (!hasWaited || !(await isThere(blob))) await send(blob);
      await locations.note(blob.digest, repository.name);
    } finally {
      await release();
    }
  }

  async function push(blob: Descriptor): Promise<void> {
    const isSmall = blob.size < WORTH_NOTING_BYTES;
    if (!(await isThere(blob))) await (isSmall ? send(blob) : sendOnce(blob));
    else if (!isSmall) await locations.note(blob.digest, repository.name);
  }

  const largestFirst = blobs.toSorted((a, b) => b.size - a.size);
  await inLanes(largestFirst, AT_ONCE, (blob) =>
    push(blob).catch((error: unknown) => {
      stop.abort();
      throw error;
    }),
  );
}

function registryOf(name: string): string {
  return parseImageReference(name).registry;
}

/** Says how much has been sent of how much, a few times a second. */
function createProgress({ report, host }: StepContext) {
  let total = 0;
  let sent = 0;
  let told = 0;
  const tell = (): void => {
    const now = host.clock.monotonic();
    if (now - told < 200) return;
    told = now;
    report({ type: "doing", text: `${megabytes(sent)} of ${megabytes(total)} MB sent` });
  };
  return {
    expect: (size: number): void => {
      total += size;
    },
    follow: () => {
      let before = 0;
      return (bytes: number): void => {
        sent += bytes - before;
        before = bytes;
        tell();
      };
    },
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

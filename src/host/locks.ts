import { promises as fs, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { ProcessIdentity } from "../model/host.ts";
import { type LockOwner, type Locks, LockTimeout, type Release } from "../model/locks.ts";
import { sleep } from "./clock.ts";

/** A held claim is touched this often, so that other machines can see that its owner lives. */
const BEAT_MS = 10_000;

/** A claim of another machine that was silent for so long is dead: nobody here can ask for its process. */
const SILENCE_MS = 3 * 60_000;

/** How often who waits looks again, in milliseconds. */
const LOOK_AGAIN_MS = 50;

/** What a timer can be set to. */
const LONGEST_MS = 2 ** 31 - 1;

type Waiting = {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  readonly onWait: ((owner: LockOwner) => void) | undefined;
};

type Held = { readonly purpose: string; readonly isFree: Promise<void> };

/** What this very process holds, by its claim: several runs of one process have the same, and are told apart here. */
const HELD = new Map<string, Held>();

/**
 * Locks as claims: `<directory>/<name>.<process>` is the claim of one process. Who finds no other living claim beside
 * their own holds the lock; who finds one takes their own back and waits. A claim is named by its process, so that of a
 * dead one can be removed by anybody without hurting a living one: nothing is ever taken over.
 *
 * Done at once, not through the thread pool of Node: a step takes one or two, and each would wait three turns for it.
 *
 * (A single lock file has to be taken over from the dead, and between looking and taking another may have done so.)
 */
export function createLocks(directory: string, self: ProcessIdentity, purpose: string): Locks {
  async function acquire(
    name: string,
    { signal, timeoutMs, onWait }: Parameters<Locks["acquire"]>[1],
  ): Promise<Release> {
    const forget = await holdHere(path.join(directory, `${name}.${self.id}`), { signal, timeoutMs, onWait });
    try {
      await claim(name, signal, timeoutMs, onWait);
    } catch (error) {
      forget();
      throw error;
    }
    let isReleased = false;
    const beat = setInterval(() => void touch(name), BEAT_MS).unref();
    return async () => {
      if (isReleased) return;
      isReleased = true;
      clearInterval(beat);
      try {
        withdraw(name);
      } finally {
        forget();
      }
    };
  }

  /** Among the runs of this process; gives what lets the next one of them go on. */
  async function holdHere(place: string, { signal, timeoutMs, onWait }: Waiting): Promise<() => void> {
    const began = performance.now();
    let isTold = false;
    for (let held = HELD.get(place); held !== undefined; held = HELD.get(place)) {
      const owner = { pid: self.pid, host: os.hostname(), purpose: held.purpose, isHere: true };
      if (!isTold) onWait?.(owner);
      isTold = true;
      if (timeoutMs !== undefined && performance.now() - began >= timeoutMs)
        throw new LockTimeout(owner, timeoutMs);
      const left = timeoutMs === undefined ? LONGEST_MS : timeoutMs - (performance.now() - began);
      const isOver = new AbortController();
      const ends = [isOver.signal, ...(signal === undefined ? [] : [signal])];
      // In the order they came: who looked again now and then would lose their place.
      await Promise.race([held.isFree, sleep(left, AbortSignal.any(ends))]).finally(() => isOver.abort());
    }
    let free = (): void => {};
    HELD.set(place, { purpose, isFree: new Promise<void>((resolve) => (free = resolve)) });
    return () => {
      HELD.delete(place);
      free();
    };
  }

  async function claim(
    name: string,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    onWait: ((owner: LockOwner) => void) | undefined,
  ): Promise<void> {
    const began = performance.now();
    let told = "";
    for (;;) {
      signal?.throwIfAborted();
      // Who waits makes no claim of their own, or two who wait could keep each other waiting.
      let other = await findOther(name);
      if (other === undefined) {
        other = await claimBeside(name);
        if (other === undefined) return;
      }
      const who = `${other.host} ${other.pid}`;
      if (told !== who) onWait?.(other);
      told = who;
      if (timeoutMs !== undefined && performance.now() - began >= timeoutMs)
        throw new LockTimeout(other, timeoutMs);
      // Two who claimed at once both withdrew: chance decides who comes first the next time.
      await sleep(LOOK_AGAIN_MS * (0.5 + Math.random()), signal);
    }
  }

  /** Claims, and tells who else does: then, or when it went wrong half-way (a full disk), the claim is taken back. */
  async function claimBeside(name: string): Promise<LockOwner | undefined> {
    let isHeld = false;
    try {
      writeClaim(name);
      const other = await findOther(name);
      isHeld = other === undefined;
      return other;
    } finally {
      if (!isHeld) withdraw(name);
    }
  }

  function writeClaim(name: string): void {
    mkdirSync(directory, { recursive: true });
    const owner: WrittenOwner = { pid: self.pid, host: os.hostname(), purpose };
    writeFileSync(path.join(directory, `${name}.${self.id}`), JSON.stringify(owner));
  }

  async function touch(name: string): Promise<void> {
    const now = Date.now() / 1000;
    await fs.utimes(path.join(directory, `${name}.${self.id}`), now, now).catch(() => {});
  }

  function withdraw(name: string): void {
    rmSync(path.join(directory, `${name}.${self.id}`), { force: true });
  }

  /** The owner of another living claim; what the dead have left is removed on the way. */
  async function findOther(name: string): Promise<LockOwner | undefined> {
    for (const file of listClaims()) {
      const [claimed, owner = ""] = file.split(".");
      if (claimed !== name || owner === self.id) continue;
      const claim = path.join(directory, file);
      const isHere = self.isHere(owner);
      if (isHere ? await self.isAlive(owner) : await wasTouched(claim))
        return { ...(await readOwner(claim, owner)), isHere };
      await fs.rm(claim, { force: true });
    }
    return undefined;
  }

  function listClaims(): readonly string[] {
    try {
      return readdirSync(directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }

  return { acquire };
}

type WrittenOwner = Omit<LockOwner, "isHere">;

async function wasTouched(claim: string): Promise<boolean> {
  const stats = await fs.stat(claim).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs < SILENCE_MS;
}

/** A claim may be read before it is written whole; that it is there is what counts. */
async function readOwner(file: string, id: string): Promise<WrittenOwner> {
  try {
    return JSON.parse(await fs.readFile(file, "utf8")) as WrittenOwner;
  } catch {
    return { pid: Number(id.split("-").at(-2) ?? 0), host: os.hostname(), purpose: "another run" };
  }
}

/** Who holds a lock: enough to tell whether it still lives, and to name it to who waits. */
export type LockOwner = {
  readonly pid: number;
  readonly host: string;
  /** Whether it is a process of this machine, with a number that means something here. */
  readonly isHere: boolean;
  /** What the owner does, for the one who waits: `apply in /work/diabetes`. */
  readonly purpose: string;
};

/** Gives a lock back; twice does no harm. */
export type Release = () => Promise<void>;

/** Locks between processes of one machine, by name (letters and digits). A lock whose owner has died is free. */
export interface Locks {
  /**
   * Waits until nobody else holds the lock. `onWait` is called when waiting begins and whenever the owner changes.
   * Rejects with `LockTimeout` after `timeoutMs`, and with the signal's reason when it fires.
   */
  acquire(
    name: string,
    options: {
      readonly signal?: AbortSignal;
      readonly timeoutMs?: number;
      readonly onWait?: (owner: LockOwner) => void;
    },
  ): Promise<Release>;
}

/** The owner did not give the lock back in time. */
export class LockTimeout extends Error {
  readonly owner: LockOwner;
  constructor(owner: LockOwner, timeoutMs: number) {
    super(`process ${owner.pid} on ${owner.host} (${owner.purpose}) did not finish within ${timeoutMs} ms`);
    this.name = "LockTimeout";
    this.owner = owner;
  }
}

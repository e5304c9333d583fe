import { bytesOf } from "../model/chunks.ts";
import { type Clock, type Network, NetworkError, type NetworkRequest } from "../model/host.ts";
import type { Load } from "../model/load.ts";

export type LoadOptions = {
  readonly request: NetworkRequest;
  readonly repeat: number;
  readonly concurrency: number;
  readonly signal: AbortSignal;
};

/** Sends a request again and again, so many at once, until all are answered or `signal` fires: that is told then. */
export async function measureLoad(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  { request, repeat, concurrency, signal }: LoadOptions,
): Promise<Load> {
  const latenciesMs: number[] = [];
  const statuses = new Map<number, number>();
  const faults = new Map<string, number>();
  let [sent, bytes] = [0, 0];

  async function send(): Promise<void> {
    const beganMs = clock.monotonic();
    try {
      const response = await network.request({ ...request, signal });
      bytes += (await bytesOf(response.body)).length;
      latenciesMs.push(clock.monotonic() - beganMs);
      count(statuses, response.status);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      // What was under way when we were told to end says nothing of the service.
      if (!signal.aborted) count(faults, error.message);
    }
  }

  async function lane(): Promise<void> {
    while (sent < repeat && !signal.aborted) {
      sent += 1;
      await send();
    }
  }

  const beganMs = clock.monotonic();
  await Promise.all(Array.from({ length: Math.min(concurrency, repeat) }, lane));
  const durationMs = clock.monotonic() - beganMs;
  const isWhole = !signal.aborted;
  return { concurrency, durationMs, latenciesMs, statuses, faults, bytes, isWhole };
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

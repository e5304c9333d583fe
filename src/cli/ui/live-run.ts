import type { Clock } from "../../model/host.ts";
import type { RunReport } from "../../model/run-report.ts";
import type { Service } from "../../page/live.ts";
import type { RunRecord } from "../record-run.ts";

/** What a page is told. */
export type LiveRun = { readonly report: RunReport; readonly service: Service };

/** A run as its page sees it. */
export type Live = {
  readonly current: () => Promise<LiveRun>;
  /** The run each time that it has changed, and first as it is; ends with `signal`. */
  readonly changes: (signal: AbortSignal) => AsyncGenerator<LiveRun>;
  /** Something has changed: whoever listens is told. */
  readonly change: () => void;
  readonly setService: (service: Service) => void;
  readonly service: () => Service;
};

/** More often than this nobody looks. */
const PAUSE_MS = 200;

/** Tells of what a run becomes, whoever listens and however late they came. */
export function createLive({ report }: Pick<RunRecord, "report">, clock: Clock): Live {
  let service: Service = { state: "none" };
  let version = 0;
  const sleepers = new Set<() => void>();
  const change = () => {
    version += 1;
    for (const wake of sleepers) wake();
    sleepers.clear();
  };
  const current = async (): Promise<LiveRun> => ({ report: await report(), service });
  return {
    current,
    change,
    service: () => service,
    setService: (next) => {
      service = next;
      change();
    },
    async *changes(signal) {
      for (let told = -1; !signal.aborted; ) {
        if (told === version) await untilChanged(sleepers, signal);
        if (signal.aborted) return;
        told = version;
        yield await current();
        await clock.sleep(PAUSE_MS, signal).catch(() => {});
      }
    },
  };
}

function untilChanged(sleepers: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      signal.removeEventListener("abort", wake);
      resolve();
    };
    sleepers.add(wake);
    signal.addEventListener("abort", wake);
  });
}

import type { RemoteFile } from "../model/place.ts";
import type { SourceContext, TransferProgress } from "../model/source.ts";

/** Told no more often than this: nobody reads faster. */
const TELL_EVERY_MS = 100;

/** Counts the bytes of one file. */
export type FileMeter = {
  /** Bytes that came, or were found to be here; fewer than none where some have to come again. */
  readonly add: (bytes: number) => void;
  readonly wait: (fault: Error, forMs: number) => void;
  readonly end: () => void;
};

/** Adds up what comes of several files, and tells it. */
export function createMeter(files: readonly RemoteFile[], { host, onProgress }: SourceContext) {
  const sizes = files.map(({ size }) => size);
  const isSized = sizes.every((size) => size !== undefined);
  const totalBytes = sizes.reduce<number>((total, size = 0) => total + size, 0);
  const underWay = new Map<RemoteFile, number>();
  let [bytes, done] = [0, 0];
  let toldMs = Number.NEGATIVE_INFINITY;

  function tell(waiting?: TransferProgress["waiting"]): void {
    toldMs = host.clock.monotonic();
    onProgress({
      bytes,
      ...(isSized && { totalBytes }),
      counts: { done, all: files.length },
      files: [...underWay].map(([{ path, size }, came]) => ({
        path,
        bytes: came,
        ...(size !== undefined && { size }),
      })),
      ...(waiting && { waiting }),
    });
  }

  return {
    follow(file: RemoteFile): FileMeter {
      underWay.set(file, 0);
      return {
        add(more) {
          bytes += more;
          underWay.set(file, (underWay.get(file) ?? 0) + more);
          if (host.clock.monotonic() - toldMs >= TELL_EVERY_MS || (isSized && bytes === totalBytes)) tell();
        },
        wait: ({ message }, forMs) => tell({ reason: message, forMs }),
        end() {
          underWay.delete(file);
          done += 1;
          if (underWay.size === 0) tell();
        },
      };
    },
  };
}

import type { Transferring } from "../model/event.ts";
import { visibleText } from "./visible-text.ts";

/** A server's own words, as far as they fit beside the rest. */
const MOST_REASON = 100;

/** How far a transfer is, in one line: `412 MB of 1.2 GB, 86 MB/s, 3 of 12 files`. */
export function wordTransfer({ progress, bytesPerSecond }: Transferring): string {
  const { bytes, totalBytes, counts, waiting } = progress;
  if (waiting !== undefined)
    return `waits ${wordSeconds(waiting.forMs)}: ${visibleText(waiting.reason).slice(0, MOST_REASON)}`;
  const parts = [
    totalBytes === undefined ? wordBytes(bytes) : `${wordBytes(bytes)} of ${wordBytes(totalBytes)}`,
    ...(bytesPerSecond === undefined ? [] : [`${wordBytes(bytesPerSecond)}/s`]),
    ...(counts === undefined || counts.all === 1 ? [] : [`${counts.done} of ${counts.all} files`]),
  ];
  return parts.join(", ");
}

function wordSeconds(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return seconds < 9.95 ? `${Number(seconds.toFixed(1))} s` : `${Math.round(seconds)} s`;
}

/** In decimal units, with no more digits than anybody reads. */
export function wordBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [value, unit] = [Math.max(0, bytes), 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

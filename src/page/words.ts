/** A time as a reader takes it in at a glance: `40 ms`, `3.2 s`, `48 s`, `2 min 5 s`, `1 h 4 min`. */
export function wordTime(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return joinUnits(minutes, "min", seconds % 60, "s");
  return joinUnits(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

function joinUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** Of two numbers, as percent; what is there is never said to be none. */
export function wordShare(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (part / whole) * 100;
  return percent > 0 && percent < 1 ? "<1 %" : `${Math.round(percent)} %`;
}

/** `2026-03-01T09:30:12.345Z` as `2026-03-01 09:30 UTC`. */
export function wordMoment(iso: string): string {
  return iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)\S*$/, "$1 $2 UTC");
}

/** `1 step`, `3 steps`. */
export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

/** A digest by its beginning, which is enough to tell two apart. */
export function shortened(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}

/** A name with its middle left out where it has more characters than these: beginnings and ends tell names apart. */
export function cutMiddle(text: string, most: number): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${characters.slice(0, head).join("")}…${characters.slice(1 + head - most).join("")}`;
}

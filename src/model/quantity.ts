/** Amounts of CPU and memory as Kubernetes writes them. Texts are known to be well formed. */

const UNITS: readonly (readonly [name: string, bytes: number])[] = [
  ["Ti", 1024 ** 4],
  ["T", 1000 ** 4],
  ["Gi", 1024 ** 3],
  ["G", 1000 ** 3],
  ["Mi", 1024 ** 2],
  ["M", 1000 ** 2],
  ["Ki", 1024],
  ["k", 1000],
];

/** Thousandths of a CPU, of `500m`, `0.5` or `2`; what is less than one of them counts as one. */
export function readCpu(written: string | number): number {
  const text = String(written);
  const millis = text.endsWith("m") ? Number(text.slice(0, -1)) : Number(text) * 1000;
  // 2.3 CPUs are 2299.9999999999995 thousandths in floating point.
  return Math.ceil(Number(millis.toFixed(6)));
}

/** Bytes, of `512Mi` or `1.5G`. */
export function readMemory(text: string): number {
  const number = Number.parseFloat(text);
  const [, bytes = 1] = UNITS.find(([name]) => text.endsWith(name)) ?? [];
  return Math.ceil(Number((number * bytes).toFixed(3)));
}

/** `2`, or `1500m` where it is no whole number of CPUs. */
export function writeCpu(millis: number): string {
  return millis % 1000 === 0 ? String(millis / 1000) : `${millis}m`;
}

/** In the largest unit of which it is a whole number, or else in thousands. */
export function writeMemory(bytes: number): string {
  const [name, size] = UNITS.find(([, unit]) => bytes % unit === 0) ?? ["k", 1000];
  return `${bytes / size}${name}`;
}

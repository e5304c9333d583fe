const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes of a size as people write it: `20GB`, `1.5 GiB`, `0`; undefined for what is none. */
export function parseSize(text: string): number | undefined {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = unit === "" && amount === "0" ? 1 : UNITS[unit.toLowerCase()];
  return amount === "" || factor === undefined ? undefined : Math.floor(Number(amount) * factor);
}

/** As people read it, in decimal units: `1.5 GB`. */
export function wordSize(bytes: number): string {
  const [unit = "B", factor = 1] =
    [["TB", 1e12] as const, ["GB", 1e9] as const, ["MB", 1e6] as const, ["kB", 1e3] as const].find(
      ([, least]) => bytes >= least,
    ) ?? [];
  return factor === 1 ? `${bytes} B` : `${(bytes / factor).toFixed(1)} ${unit}`;
}

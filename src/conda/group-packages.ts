import type { PlacedPackage } from "./place-packages.ts";

/** From here on a package is a layer of its own: a new version of one of them leaves the others in place. */
const LARGE_BYTES = 64e6;

/** With those of the base, of the models and of ours there must be no more than an engine mounts. */
const MOST_LARGE = 8;

/** The packages of each layer: a large one by itself, and all small ones together. */
export function groupPackages(packages: readonly PlacedPackage[]): readonly (readonly PlacedPackage[])[] {
  const largest = packages
    .filter(({ size }) => size >= LARGE_BYTES)
    .toSorted((a, b) => b.size - a.size || (a.info.name < b.info.name ? -1 : 1))
    .slice(0, MOST_LARGE);
  const large = packages.filter((one) => largest.includes(one));
  const small = packages.filter((one) => !largest.includes(one));
  return [...large.map((one) => [one]), ...(small.length > 0 ? [small] : [])];
}

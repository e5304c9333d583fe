type Needing = { readonly name: string; readonly needs: readonly string[] };

/** Those that others need come first; apart from that, by their names. */
export function orderPackages<T extends Needing>(packages: readonly T[]): readonly T[] {
  const sorted = packages.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const byName = new Map(sorted.map((one) => [one.name, one]));
  const ordered = new Set<T>();
  const met = new Set<T>();
  const visit = (one: T): void => {
    if (met.has(one)) return;
    met.add(one);
    for (const name of one.needs.toSorted()) {
      const needed = byName.get(name);
      if (needed !== undefined) visit(needed);
    }
    ordered.add(one);
  };
  sorted.forEach(visit);
  return [...ordered];
}

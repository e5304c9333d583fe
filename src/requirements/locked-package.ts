import { errorDiagnostic } from "../model/diagnostic.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { type Marker, parseMarker } from "./marker.ts";
import { BadShape, memberOf, type Placed, type PlacedRecord, textOf } from "./placed.ts";
import { HASH, normalName, type Requirement, VERSION } from "./requirement.ts";

/** A package of a lock as a requirement that nothing else answers to: its version, and the digests of its files. */
export function lockedRequirement(
  locked: PlacedRecord,
  hashes: readonly string[],
  { url, marker }: { readonly url?: string | undefined; readonly marker: Marker },
): Result<Requirement> {
  const name = nameOf(locked);
  const known = hashes.filter((hash) => HASH.test(hash));
  if (known.length === 0)
    return fail(
      errorDiagnostic("requirements/no-digest", `the lock has no digest of \`${name}\``, {
        path: locked.pointer,
        hint: "its index gives none: put the wheel into a folder, add it as `find_links`, and lock again",
      }),
    );
  const source = url === undefined ? { versions: `==${versionOf(locked)}` } : { versions: "", url };
  return succeed({ name, extras: [], ...source, marker, hashes: [...new Set(known)].sort() });
}

export function nameOf(locked: PlacedRecord): string {
  return nameAt(memberOf(locked, "name"));
}

export function nameAt(placed: Placed): string {
  const name = normalName(textOf(placed));
  if (name === undefined) throw new BadShape(placed.pointer, "is no name of a package");
  return name;
}

/** Always, where there is none. */
export function markerAt(placed: Placed): Marker {
  const marker = placed.value === undefined ? true : parseMarker(textOf(placed));
  if (marker === undefined) throw new BadShape(placed.pointer, "is no marker");
  return marker;
}

function versionOf(locked: PlacedRecord): string {
  const version = memberOf(locked, "version");
  if (VERSION.test(textOf(version))) return textOf(version);
  throw new BadShape(version.pointer, "is no version");
}

/** The folder of a wheel, which has to lie in one. */
export function folderOf(wheel: Placed): string {
  const path = textOf(wheel);
  const folder = path.split("/").slice(0, -1).join("/");
  if (isInside(folder)) return folder;
  throw new BadShape(wheel.pointer, "must lie in a folder below the lock, with a plain name");
}

/** A plain path that stays below where it begins. */
export function isInside(folder: string): boolean {
  return /^(?!-)(?!(?:.*\/)?\.\.(?:\/|$))[A-Za-z0-9._+-]+(?:\/[A-Za-z0-9._+-]+)*$/.test(folder);
}

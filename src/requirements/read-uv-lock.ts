import { canonicalJson } from "../model/digest.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import { markerOf } from "./conditions.ts";
import type { Choice, Format, Requirements } from "./format.ts";
import { folderOf, isInside, lockedRequirement, markerAt, nameAt, nameOf } from "./locked-package.ts";
import { decideExtras, type Marker } from "./marker.ts";
import { addressAt } from "./named-indexes.ts";
import {
  BadShape,
  entriesOf,
  memberOf,
  type Placed,
  type PlacedRecord,
  recordOf,
  recordsOf,
  textOf,
  textsOf,
} from "./placed.ts";
import { isAddress, normalName, type Requirement, renderRequirement } from "./requirement.ts";
import { type Edge, walk } from "./walk.ts";
import { wordSource } from "./word-source.ts";

/** The only version of the format there is. */
const FORMAT_VERSION = 1;

/** `uv.lock`: what its root package needs, by way of all that is needed for that. */
export const uvLock: Format = {
  offers: (data) => {
    const root = rootOf(packagesOf(data));
    return {
      extras: entriesOf(memberOf(root, "optional-dependencies")).map(([extra]) => extra),
      groups: entriesOf(memberOf(root, "dev-dependencies")).map(([group]) => group),
    };
  },
  read: readUvLock,
};

export function packagesOf(data: Placed): readonly PlacedRecord[] {
  const version = memberOf(recordOf(data), "version");
  if (version.value !== FORMAT_VERSION)
    throw new BadShape(
      version.pointer,
      `must be ${FORMAT_VERSION}: this is no \`uv.lock\`, or one of another uv`,
    );
  return recordsOf(memberOf(recordOf(data), "package"));
}

/** The project beside the lock; in a workspace without one there is nothing to begin with. */
export function rootOf(packages: readonly PlacedRecord[]): PlacedRecord {
  const root = packages.find((one) => {
    const { virtual, editable, directory } = sourceOf(one).value;
    return [virtual, editable, directory].includes(".");
  });
  if (root !== undefined) return root;
  throw new BadShape(
    "",
    "has no package of the folder that it lies in",
    "of a workspace, `uv export --package NAME --no-emit-workspace -o requirements.txt` writes what one package needs",
  );
}

function sourceOf(locked: PlacedRecord): PlacedRecord {
  return recordOf(memberOf(locked, "source"));
}

function readUvLock(data: Placed, choice: Choice): Result<Requirements> {
  const packages = packagesOf(data);
  const root = rootOf(packages);
  const lists = new Map(packages.flatMap(listsOf).map((list) => [list.pointer, list]));
  const start = [
    ownList(root),
    ...choice.extras.flatMap((extra) => namedList(root, "optional-dependencies", extra)),
    ...choice.groups.flatMap((group) => namedList(root, "dev-dependencies", group)),
  ];
  const isAsked = conflictsOf(nameOf(root), { ...choice, extras: extrasReached(root, start, choice) });
  const candidates = groupByName(packages);
  const reached = walk(
    start.map(({ pointer }) => pointer),
    (pointer) =>
      recordsOf(lists.get(pointer) ?? { value: [], pointer }).flatMap((dependency) =>
        edgesOf(dependency, candidates, isAsked),
      ),
  );
  const read = combine(
    packages.flatMap((one) => {
      const condition = reached.get(ownList(one).pointer);
      const isInstalled =
        one !== root && condition !== undefined && sourceOf(one).value.virtual === undefined;
      return isInstalled ? [readPackage(one, markerOf(condition))] : [];
    }),
  );
  if (!read.ok) return read;
  const requires = memberOf(recordOf(data), "requires-python");
  return succeed({
    lines: read.value.flatMap(({ requirement }) => renderRequirement(requirement)),
    indexes: [...new Set(read.value.flatMap(({ index }) => index ?? []))],
    findLinks: [...new Set(read.value.flatMap(({ findLinks }) => findLinks ?? []))],
    ...(requires.value !== undefined && {
      python: { versions: textOf(requires), pointer: requires.pointer },
    }),
  });
}

/** The lists of what a package needs: always, with an extra, and with a group. */
function listsOf(locked: PlacedRecord): readonly Placed[] {
  const members = ["optional-dependencies", "dev-dependencies"].flatMap((key) =>
    entriesOf(memberOf(locked, key)).map(([, list]) => list),
  );
  return [ownList(locked), ...members];
}

function ownList(locked: PlacedRecord): Placed {
  return memberOf(locked, "dependencies");
}

function namedList(locked: PlacedRecord, key: string, name: string): readonly Placed[] {
  return entriesOf(memberOf(locked, key)).flatMap(([candidate, list]) =>
    normalName(candidate) === normalName(name) ? [list] : [],
  );
}

function groupByName(packages: readonly PlacedRecord[]): ReadonlyMap<string, readonly PlacedRecord[]> {
  const groups = new Map<string, PlacedRecord[]>();
  for (const one of packages) {
    const group = groups.get(nameOf(one));
    if (group === undefined) groups.set(nameOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

/** Those that are chosen, and those that the project asks of itself, as `all = ["demo[cpu]"]` does. */
function extrasReached(root: PlacedRecord, start: readonly Placed[], { extras }: Choice): readonly string[] {
  const reached = new Set(extras);
  const lists = [...start];
  for (const list of lists) {
    const inner = recordsOf(list)
      .filter((dependency) => nameOf(dependency) === nameOf(root))
      .flatMap((dependency) => textsOf(memberOf(dependency, "extra")))
      .filter((extra) => !reached.has(extra));
    for (const extra of inner) {
      reached.add(extra);
      lists.push(...namedList(root, "optional-dependencies", extra));
    }
  }
  return [...reached];
}

/** Whether an extra that a marker names is asked for; the place is that of the marker. */
type IsAsked = (extra: string, pointer: string) => boolean;

/** Where extras exclude each other, uv tells them apart by names such as `extra-4-demo-gpu`. */
function conflictsOf(name: string, { extras, groups }: Choice): IsAsked {
  const asked = new Set([
    ...extras.map((extra) => `extra-${name.length}-${name}-${normalName(extra)}`),
    ...groups.map((group) => `group-${name.length}-${name}-${normalName(group)}`),
    `project-${name.length}-${name}`,
  ]);
  return (extra, pointer) => {
    const [, kind = "", length = ""] = /^((?:extra|group|project)-(\d+)-)/.exec(extra) ?? [];
    const other = extra.slice(kind.length, kind.length + Number(length));
    if (kind === "" || other === name) return asked.has(extra);
    throw new BadShape(
      pointer,
      `asks what is chosen of \`${other}\`, and only what is chosen of \`${name}\` is known`,
      "name what `uv export -o requirements.txt` writes",
    );
  };
}

function edgesOf(
  dependency: PlacedRecord,
  candidates: ReadonlyMap<string, readonly PlacedRecord[]>,
  isAsked: IsAsked,
): readonly Edge[] {
  const to = findPackage(dependency, candidates);
  const placed = memberOf(dependency, "marker");
  const marker = decideExtras(markerAt(placed), (extra) => isAsked(extra, placed.pointer));
  const extras = textsOf(memberOf(dependency, "extra"));
  const lists = [ownList(to), ...extras.flatMap((extra) => namedList(to, "optional-dependencies", extra))];
  return lists.map(({ pointer }) => ({ to: pointer, marker }));
}

/** A dependency says as much as it takes to tell versions of a package apart. */
function findPackage(
  dependency: PlacedRecord,
  candidates: ReadonlyMap<string, readonly PlacedRecord[]>,
): PlacedRecord {
  const { version, source } = dependency.value;
  const named = candidates.get(nameAt(memberOf(dependency, "name"))) ?? [];
  const found = named.filter(
    (one) =>
      (version === undefined || one.value.version === version) &&
      (source === undefined || canonicalJson(one.value.source ?? {}) === canonicalJson(source)),
  );
  const [only, ...others] = found;
  if (only === undefined) throw new BadShape(dependency.pointer, "is not in the lock");
  if (others.length > 0) throw new BadShape(dependency.pointer, "is several packages of the lock");
  return only;
}

type Read = {
  readonly requirement: Requirement;
  readonly index?: string;
  readonly findLinks?: string;
};

function readPackage(locked: PlacedRecord, marker: Marker): Result<Read> {
  const source = sourceOf(locked);
  const { registry, url, path, git } = source.value;
  if (git !== undefined) return fail(wordSource(nameOf(locked), "repository", source.pointer));
  if (registry === undefined && url === undefined && path === undefined)
    return fail(wordSource(nameOf(locked), "path", source.pointer));
  const address = url === undefined ? undefined : addressOf(memberOf(source, "url"));
  const requirement = lockedRequirement(locked, hashesOf(locked), { url: address, marker });
  if (!requirement.ok) return requirement;
  return succeed({
    requirement: requirement.value,
    ...(registry !== undefined && placeOf(memberOf(source, "registry"))),
    ...(path !== undefined && { findLinks: folderOf(memberOf(source, "path")) }),
  });
}

/** An index, or a folder of wheels. */
function placeOf(registry: Placed): Pick<Read, "index" | "findLinks"> {
  const place = textOf(registry);
  if (/^https?:/.test(place)) return { index: addressAt(place, registry.pointer) };
  if (isInside(place)) return { findLinks: place };
  throw new BadShape(registry.pointer, "must be an address, or a folder below the lock with a plain name");
}

function addressOf(url: Placed): string {
  if (isAddress(textOf(url))) return textOf(url);
  throw new BadShape(url.pointer, "must be an address without a password or a query");
}

function hashesOf(locked: PlacedRecord): readonly string[] {
  const sdist = memberOf(locked, "sdist");
  const files = [
    ...(sdist.value === undefined ? [] : [recordOf(sdist)]),
    ...recordsOf(memberOf(locked, "wheels")),
  ];
  return files.flatMap(({ value }) => (typeof value.hash === "string" ? [value.hash] : []));
}

import { combine, fail, type Result, succeed } from "../model/result.ts";
import type { Choice, Format, Requirements } from "./format.ts";
import { folderOf, lockedRequirement, markerAt, nameOf } from "./locked-package.ts";
import { anyOf, decideExtras, type Marker } from "./marker.ts";
import { addressAt, PYPI } from "./named-indexes.ts";
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
import { offeredByPoetry } from "./read-poetry-project.ts";
import { isAddress, normalName, type Requirement, renderRequirement } from "./requirement.ts";
import { versionsOfPoetry } from "./versions-of-poetry.ts";
import { type Needed, walkPoetryLock } from "./walk-poetry-lock.ts";
import { wordSource } from "./word-source.ts";

/** What is installed whatever is asked for. */
const MAIN = "main";

/** `poetry.lock`: since poetry 2 it says of each package for which groups it is there, and when. */
export const poetryLock: Format = {
  offers: (data, project) => {
    if (isOld(data)) return project === undefined ? NOTHING : offeredByPoetry(project);
    const groups = packagesOf(data).flatMap((one) => textsOf(memberOf(one, "groups")));
    return {
      extras: entriesOf(memberOf(recordOf(data), "extras")).map(([extra]) => extra),
      groups: [...new Set(groups)].filter((group) => group !== MAIN),
    };
  },
  read: readPoetryLock,
};

function packagesOf(data: Placed): readonly PlacedRecord[] {
  return recordsOf(memberOf(recordOf(data), "package"));
}

function metadataOf(data: Placed): PlacedRecord {
  return recordOf(memberOf(recordOf(data), "metadata"));
}

const NOTHING: Choice = { extras: [], groups: [] };

function isOld(data: Placed): boolean {
  const version = memberOf(metadataOf(data), "lock-version");
  if (!/^[12]\.\d+$/.test(textOf(version)))
    throw new BadShape(version.pointer, "is no version that is known here");
  return !/^2\.[1-9]/.test(textOf(version));
}

function readPoetryLock(data: Placed, choice: Choice, project: Placed | undefined): Result<Requirements> {
  const needed = isOld(data)
    ? walkPoetryLock(packagesOf(data), project, choice)
    : succeed(readNeeded(data, choice));
  if (!needed.ok) return needed;
  const files = recordOf(memberOf(metadataOf(data), "files"));
  const read = combine(
    packagesOf(data).flatMap((one) => {
      const marker = needed.value.get(one.pointer) ?? false;
      return marker === false ? [] : [readPackage(one, marker, files)];
    }),
  );
  if (!read.ok) return read;
  const python = memberOf(metadataOf(data), "python-versions");
  return succeed({
    lines: read.value.flatMap(({ requirement }) => renderRequirement(requirement)),
    indexes: [...new Set(read.value.flatMap(({ index }) => index ?? []))],
    findLinks: [...new Set(read.value.flatMap(({ findLinks }) => findLinks ?? []))],
    ...(python.value !== undefined && {
      python: { versions: versionsOfPoetry(textOf(python)) ?? "", pointer: python.pointer },
    }),
  });
}

function readNeeded(data: Placed, choice: Choice): Needed {
  const groups = [MAIN, ...choice.groups].map((group) => normalName(group));
  const extras = choice.extras.map((extra) => normalName(extra));
  const isAsked = (extra: string) => extras.includes(normalName(extra));
  return new Map(packagesOf(data).map((one) => [one.pointer, markerOfPackage(one, groups, isAsked)]));
}

/** One marker for all groups, or one for each; of the groups that are asked for any will do. */
function markerOfPackage(
  locked: PlacedRecord,
  groups: readonly (string | undefined)[],
  isAsked: (extra: string) => boolean,
): Marker {
  const own = textsOf(memberOf(locked, "groups")).filter((group) => groups.includes(normalName(group)));
  const markers = memberOf(locked, "markers");
  if (own.length === 0) return false;
  if (typeof markers.value === "string" || markers.value === undefined)
    return decideExtras(markerAt(markers), isAsked);
  const byGroup = recordOf(markers);
  return anyOf(own.map((group) => decideExtras(markerAt(memberOf(byGroup, group)), isAsked)));
}

type Read = { readonly requirement: Requirement; readonly index?: string; readonly findLinks?: string };

function readPackage(locked: PlacedRecord, marker: Marker, allFiles: PlacedRecord): Result<Read> {
  const source = recordOf(memberOf(locked, "source"));
  const type = source.value.type ?? "pypi";
  const url = memberOf(source, "url");
  if (type === "git") return fail(wordSource(nameOf(locked), "repository", source.pointer));
  if (type === "directory") return fail(wordSource(nameOf(locked), "path", source.pointer));
  if (type === "url" && !isAddress(textOf(url)))
    throw new BadShape(url.pointer, "must be an address without a password or a query");
  const requirement = lockedRequirement(locked, hashesOf(locked, allFiles), {
    url: type === "url" ? textOf(url) : undefined,
    marker,
  });
  if (!requirement.ok) return requirement;
  return succeed({
    requirement: requirement.value,
    ...(type === "pypi" && { index: PYPI }),
    ...(type === "legacy" && { index: addressAt(textOf(url), url.pointer) }),
    ...(type === "file" && { findLinks: folderOf(url) }),
  });
}

/** Before poetry 1.3 the files of all packages stand together. */
function hashesOf(locked: PlacedRecord, allFiles: PlacedRecord): readonly string[] {
  const own = memberOf(locked, "files");
  const files = own.value === undefined ? memberOf(allFiles, textOf(memberOf(locked, "name"))) : own;
  return recordsOf(files).flatMap(({ value }) => (typeof value.hash === "string" ? [value.hash] : []));
}

import { errorDiagnostic } from "../model/diagnostic.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import { folderOf, lockedRequirement, nameOf } from "./locked-package.ts";
import { allOf, anyOf, decideExtras, type Marker } from "./marker.ts";
import { addressAt, PYPI } from "./named-indexes.ts";
import { markerAt } from "./read-uv-lock.ts";
import type { Choice, Format, Requirements } from "./reading.ts";
import { isAddress, normalName, type Requirement, renderRequirement } from "./requirement.ts";
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
} from "./shape.ts";
import { versionsOfPoetry } from "./versions-of-poetry.ts";
import { wordSource } from "./word-source.ts";

/** What is installed whatever is asked for. */
const MAIN = "main";

/** `poetry.lock` of poetry 2, which says of each package for which groups it is there, and when. */
export const poetryLock: Format = {
  offers: (data) => {
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

function readPoetryLock(data: Placed, choice: Choice): Result<Requirements> {
  const version = memberOf(metadataOf(data), "lock-version");
  if (!/^2\.[1-9]/.test(textOf(version))) return fail(wordOldLock(version));
  const groups = [MAIN, ...choice.groups].map((group) => normalName(group));
  const extras = choice.extras.map((extra) => normalName(extra));
  const read = combine(
    packagesOf(data).flatMap((one) => {
      const marker = markerOfPackage(one, groups, (extra) => extras.includes(normalName(extra)));
      return marker === false ? [] : [readPackage(one, marker)];
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

/** Before that version the lock alone does not say which of its packages are needed when. */
function wordOldLock(version: Placed) {
  return errorDiagnostic(
    "requirements/old-lock",
    `a lock of version ${textOf(version)} does not say for what its packages are needed`,
    {
      path: version.pointer,
      hint: "`poetry lock` of poetry 2 writes one that does; of an older one, name what `poetry export -o requirements.txt` writes",
    },
  );
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

function readPackage(locked: PlacedRecord, marker: Marker): Result<Read> {
  const source = recordOf(memberOf(locked, "source"));
  const type = source.value.type ?? "pypi";
  const url = memberOf(source, "url");
  if (type === "git") return fail(wordSource(nameOf(locked), "repository", source.pointer));
  if (type === "directory") return fail(wordSource(nameOf(locked), "path", source.pointer));
  if (type === "url" && !isAddress(textOf(url)))
    throw new BadShape(url.pointer, "must be an address without a password or a query");
  const requirement = lockedRequirement(locked, hashesOf(locked), {
    url: type === "url" ? textOf(url) : undefined,
    marker: allOf([marker]),
  });
  if (!requirement.ok) return requirement;
  return succeed({
    requirement: requirement.value,
    ...(type === "pypi" && { index: PYPI }),
    ...(type === "legacy" && { index: addressAt(textOf(url), url.pointer) }),
    ...(type === "file" && { findLinks: folderOf(url) }),
  });
}

function hashesOf(locked: PlacedRecord): readonly string[] {
  return recordsOf(memberOf(locked, "files")).flatMap(({ value }) =>
    typeof value.hash === "string" ? [value.hash] : [],
  );
}

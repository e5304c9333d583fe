import { combine, fail, type Result, succeed } from "../model/result.ts";
import type { Choice, Requirements } from "./format.ts";
import { allOf, type Marker, parseMarker } from "./marker.ts";
import { PYPI, poetryIndexes } from "./named-indexes.ts";
import {
  BadShape,
  entriesOf,
  listOf,
  memberOf,
  type Placed,
  type PlacedRecord,
  recordOf,
  textOf,
  textsOf,
} from "./placed.ts";
import { isAddress, normalName, type Requirement, renderRequirement } from "./requirement.ts";
import { versionsOfPoetry } from "./versions-of-poetry.ts";
import { wordSource } from "./word-source.ts";

type Dependency = { readonly name: string; readonly placed: Placed };

/** Poetry's own place for dependencies, `[tool.poetry]`. */
export function readPoetryProject(data: Placed, choice: Choice): Result<Requirements> {
  const poetry = poetryOf(data);
  const read = combine(askedOfPoetry(data, choice).map(readDependency));
  if (!read.ok) return read;
  const python = memberOf(recordOf(memberOf(poetry, "dependencies")), "python");
  const indexes = poetryIndexes(poetry);
  return succeed({
    lines: [...new Set(read.value.flat().flatMap(renderRequirement))],
    indexes: indexes.length > 0 ? indexes : [PYPI],
    findLinks: [],
    ...(python.value !== undefined && {
      python: { versions: convertVersions(python), pointer: python.pointer },
    }),
  });
}

export function offeredByPoetry(data: Placed): Choice {
  const poetry = poetryOf(data);
  const groups = entriesOf(memberOf(poetry, "group")).map(([group]) => group);
  const hasOld = memberOf(poetry, "dev-dependencies").value !== undefined;
  return {
    extras: entriesOf(memberOf(poetry, "extras")).map(([extra]) => extra),
    groups: hasOld ? [...groups, "dev"] : groups,
  };
}

function poetryOf(data: Placed) {
  return recordOf(memberOf(recordOf(memberOf(recordOf(data), "tool")), "poetry"));
}

/** The dependencies that are wanted, Python itself left out. */
export function askedOfPoetry(data: Placed, { extras, groups }: Choice): readonly Dependency[] {
  const poetry = poetryOf(data);
  const chosen = new Set(
    extras.flatMap((extra) => {
      const list = entriesOf(memberOf(poetry, "extras")).find(
        ([key]) => normalName(key) === normalName(extra),
      );
      return list === undefined
        ? []
        : textsOf(list[1]).map((name) => normalName(name.replace(/[[ (].*$/, "")));
    }),
  );
  const main = namedIn(memberOf(poetry, "dependencies")).flatMap(({ name, placed }) =>
    alternativesOf(placed)
      .filter((one) => !isOptional(one) || chosen.has(name))
      .map((one) => ({ name, placed: one })),
  );
  return [...main, ...groups.flatMap((group) => namedInGroup(poetry, group))];
}

/** Of a group and of those that it includes. */
function namedInGroup(
  poetry: PlacedRecord,
  name: string,
  path: readonly string[] = [],
): readonly Dependency[] {
  const [key, placed] = findGroup(poetry, name) ?? [];
  if (key === undefined || placed === undefined)
    return normalName(name) === "dev" ? namedIn(memberOf(poetry, "dev-dependencies")) : [];
  const group = recordOf(placed);
  const included = listOf(memberOf(group, "include-groups")).flatMap((include) => {
    const [inner] = findGroup(poetry, textOf(include)) ?? [];
    if (inner === undefined) throw new BadShape(include.pointer, "names no group");
    if ([...path, key].includes(inner)) throw new BadShape(include.pointer, "includes itself");
    return namedInGroup(poetry, inner, [...path, key]);
  });
  return [...namedIn(memberOf(group, "dependencies")), ...included];
}

function findGroup(poetry: PlacedRecord, name: string) {
  const groups = entriesOf(memberOf(poetry, "group"));
  return groups.find(([candidate]) => normalName(candidate) === normalName(name));
}

/** The entries of a table of dependencies. */
export function namedIn(table: Placed): readonly Dependency[] {
  return entriesOf(table).flatMap(([key, placed]) => {
    const name = normalName(key);
    if (name === undefined) throw new BadShape(placed.pointer, "has no name of a package");
    return name === "python" ? [] : [{ name, placed }];
  });
}

/** A dependency may be told apart by Python or platform, each with a version of its own. */
export function alternativesOf(placed: Placed): readonly Placed[] {
  return Array.isArray(placed.value) ? listOf(placed) : [placed];
}

export function isOptional({ value }: Placed): boolean {
  return typeof value === "object" && value !== null && "optional" in value && value.optional === true;
}

function readDependency({ name, placed }: Dependency): Result<readonly Requirement[]> {
  if (typeof placed.value === "string")
    return succeed([{ name, extras: [], versions: convertVersions(placed), marker: true, hashes: [] }]);
  return combine(alternativesOf(placed).map((one) => readAlternative(name, one)));
}

function readAlternative(name: string, placed: Placed): Result<Requirement> {
  const record = recordOf(placed);
  const { pointer, value } = record;
  if (value.git !== undefined) return fail(wordSource(name, "repository", pointer));
  if (value.path !== undefined || value.file !== undefined) return fail(wordSource(name, "path", pointer));
  const url = memberOf(record, "url");
  if (url.value !== undefined && !isAddress(textOf(url)))
    throw new BadShape(url.pointer, "must be an address without a password or a query");
  const version = memberOf(record, "version");
  const extras = textsOf(memberOf(record, "extras")).map((extra) => normalName(extra));
  const known = extras.filter((extra) => extra !== undefined);
  if (known.length < extras.length) throw new BadShape(`${pointer}/extras`, "must be names");
  return succeed({
    name,
    extras: known,
    versions: version.value === undefined ? "" : convertVersions(version),
    ...(url.value !== undefined && { url: textOf(url) }),
    marker: markerOfPoetry(placed),
    hashes: [],
  });
}

/** Where a dependency is wanted: poetry has three ways to say it. */
export function markerOfPoetry(placed: Placed): Marker {
  const record = recordOf(placed);
  const markers = memberOf(record, "markers");
  const python = memberOf(record, "python");
  const platform = memberOf(record, "platform");
  const written = markers.value === undefined ? true : parseMarker(textOf(markers));
  if (written === undefined)
    throw new BadShape(markers.pointer, "must be a marker, as in `python_version < '3.12'`");
  const system = platform.value === undefined ? true : parseMarker(`sys_platform == '${textOf(platform)}'`);
  if (system === undefined) throw new BadShape(platform.pointer, "must be a platform, such as `linux`");
  return allOf([written, python.value === undefined ? true : pythonMarker(python), system]);
}

function pythonMarker(placed: Placed): Marker {
  const clauses = convertVersions(placed).split(",");
  return allOf(
    clauses.map((clause): Marker => {
      const [, operator = "", version = ""] = /^([=!<>~]+)(.+)$/.exec(clause) ?? [];
      if (operator === "") return true;
      const left =
        version.split(".").length > 2 && !version.endsWith("*") ? "python_full_version" : "python_version";
      return { kind: "comparison", left, operator, right: `'${version}'` };
    }),
  );
}

function convertVersions(placed: Placed): string {
  const versions = versionsOfPoetry(textOf(placed));
  if (versions !== undefined) return versions;
  throw new BadShape(
    placed.pointer,
    "has no equal among the versions of pip",
    "write it without `||`, as in `>=1.2,<3`; or name the `poetry.lock`",
  );
}

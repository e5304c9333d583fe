import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import type { Choice, Format, Requirements } from "./format.ts";
import { listGroup } from "./list-group.ts";
import { markerAt } from "./locked-package.ts";
import { allOf, anyOf, type Marker, mayHoldOnLinux, negationOf } from "./marker.ts";
import { PYPI, poetryIndexes, uvIndexes, warnOfUvSettings } from "./named-indexes.ts";
import {
  BadShape,
  entriesOf,
  listOf,
  memberOf,
  type Placed,
  type PlacedRecord,
  recordOf,
  textOf,
} from "./placed.ts";
import { offeredByPoetry, readPoetryProject } from "./read-poetry-project.ts";
import {
  isAddress,
  normalName,
  parseRequirement,
  type Requirement,
  renderRequirement,
} from "./requirement.ts";
import { wordNoRequirement, wordSource } from "./word-source.ts";

/** What `pyproject.toml` says a project depends on: by PEP 621 and PEP 735, or as poetry has it. The project itself is no part of it. */
export const pyproject: Format = {
  offers: (data) => {
    if (isOfPoetry(data)) return offeredByPoetry(data);
    return {
      extras: keysOf(memberOf(projectOf(data), "optional-dependencies")),
      groups: keysOf(memberOf(recordOf(data), "dependency-groups")),
    };
  },
  read: (data, choice) => (isOfPoetry(data) ? readPoetryProject(data, choice) : readProject(data, choice)),
};

function keysOf(placed: Placed): readonly string[] {
  return entriesOf(placed).map(([key]) => key);
}

export function projectOf(data: Placed) {
  return recordOf(memberOf(recordOf(data), "project"));
}

function toolOf(data: Placed, name: string) {
  return recordOf(memberOf(recordOf(memberOf(recordOf(data), "tool")), name));
}

/** With poetry 2 either place may say it, and the common one counts. */
function isOfPoetry(data: Placed): boolean {
  const own = memberOf(projectOf(data), "dependencies").value;
  return own === undefined && memberOf(toolOf(data, "poetry"), "dependencies").value !== undefined;
}

function readProject(data: Placed, choice: Choice): Result<Requirements> {
  const project = projectOf(data);
  const missing = findNoDependencies(data);
  if (missing !== undefined) return fail(missing);
  const groups = memberOf(recordOf(data), "dependency-groups");
  const own = (items: readonly Placed[]) => items.flatMap((item) => expandOwn(data, item, new Set()));
  const placed = [
    ...own(listOf(memberOf(project, "dependencies"))),
    ...choice.extras.flatMap((extra) => listExtra(data, extra, new Set())),
    ...choice.groups.flatMap((group) => own(listGroup(groups, group))),
  ];
  const read = combine(placed.map((item) => readItem(data, item)));
  if (!read.ok) return read;
  const requires = memberOf(project, "requires-python");
  const indexes = [...uvIndexes(toolOf(data, "uv")), ...poetryIndexes(toolOf(data, "poetry"))];
  const requirements = {
    lines: [...new Set(read.value.flat().flatMap(renderRequirement))],
    indexes: indexes.length > 0 ? indexes : [PYPI],
    findLinks: [],
    ...(requires.value !== undefined && {
      python: { versions: textOf(requires), pointer: requires.pointer },
    }),
  };
  return succeed(requirements, [...read.warnings, ...warnOfUvSettings(toolOf(data, "uv"))]);
}

function findNoDependencies(data: Placed): Diagnostic | undefined {
  const project = projectOf(data);
  const dynamic = memberOf(project, "dynamic");
  const isDynamic = listOf(dynamic).some(({ value }) => value === "dependencies");
  if (isDynamic)
    return errorDiagnostic(
      "requirements/no-dependencies",
      "its dependencies are dynamic, and known only to a build of the project",
      {
        path: dynamic.pointer,
        hint: "list them in `project.dependencies`, or write a lock or requirements file instead",
      },
    );
  const groups = memberOf(recordOf(data), "dependency-groups").value;
  if (Object.keys(project.value).length > 0 || groups !== undefined) return undefined;
  return errorDiagnostic("requirements/no-dependencies", "it lists no dependencies", {
    path: "",
    hint: "add `dependencies` below `[project]`, `[dependency-groups]` or `[tool.poetry]`",
  });
}

function listExtra(data: Placed, extra: string, seen: Set<string>): readonly Placed[] {
  const [, list] =
    entriesOf(memberOf(projectOf(data), "optional-dependencies")).find(
      ([key]) => normalName(key) === normalName(extra),
    ) ?? [];
  if (list === undefined || seen.has(list.pointer)) return [];
  seen.add(list.pointer);
  return listOf(list).flatMap((item) => expandOwn(data, item, seen));
}

/** A list may ask for extras of its own project, which no index is asked for. */
function expandOwn(data: Placed, item: Placed, seen: Set<string>): readonly Placed[] {
  const requirement = typeof item.value === "string" ? parseRequirement(item.value) : undefined;
  const own = normalName(String(projectOf(data).value.name));
  if (requirement === undefined || requirement.name !== own) return [item];
  return requirement.extras.flatMap((inner) => listExtra(data, inner, seen));
}

function readItem(data: Placed, item: Placed): Result<readonly Requirement[]> {
  const text = textOf(item);
  const requirement = parseRequirement(text);
  if (requirement === undefined) return fail(wordNoRequirement(text, item.pointer));
  const poetry = findPoetrySource(data, requirement);
  return poetry === undefined ? fromUvSource(data, requirement) : fail(poetry);
}

/** poetry 2 may say where a dependency of the project comes from in its own place. */
function findPoetrySource(data: Placed, { name }: Requirement): Diagnostic | undefined {
  const own = memberOf(toolOf(data, "poetry"), "dependencies");
  const [, placed] = entriesOf(own).find(([key]) => normalName(key) === name) ?? [];
  const places = Array.isArray(placed?.value) ? listOf(placed) : [placed];
  for (const place of places) {
    const { value } = place ?? {};
    if (place === undefined || typeof value !== "object" || value === null) continue;
    if ("git" in value) return wordSource(name, "repository", place.pointer);
    if ("path" in value) return wordSource(name, "path", place.pointer);
  }
  return undefined;
}

/** uv may bring a dependency from elsewhere than the index: one line for each place, and one for where none is said. */
function fromUvSource(data: Placed, requirement: Requirement): Result<readonly Requirement[]> {
  const sources = entriesOf(memberOf(toolOf(data, "uv"), "sources"));
  const [, source] = sources.find(([key]) => normalName(key) === requirement.name) ?? [];
  if (source === undefined) return succeed([requirement]);
  const places = Array.isArray(source.value) ? listOf(source) : [source];
  const markers = places.map((place) => markerAt(memberOf(recordOf(place), "marker")));
  const rest = negationOf(anyOf(markers));
  if (rest === undefined)
    throw new BadShape(
      source.pointer,
      "has a marker that has no opposite",
      "write `requirements: uv.lock` instead",
    );
  const read = combine(
    places.map((place, index) => fromPlace(recordOf(place), markers[index] ?? true, requirement)),
  );
  if (!read.ok) return read;
  return succeed([...read.value.flat(), { ...requirement, marker: allOf([requirement.marker, rest]) }]);
}

/** Nothing where its marker holds on no Linux. */
function fromPlace(
  place: PlacedRecord,
  marker: Marker,
  requirement: Requirement,
): Result<readonly Requirement[]> {
  const { value, pointer } = place;
  const wanted = { ...requirement, marker: allOf([requirement.marker, marker]) };
  if (!mayHoldOnLinux(wanted.marker)) return succeed([]);
  if (value.git !== undefined) return fail(wordSource(requirement.name, "repository", pointer));
  if (value.path !== undefined || value.workspace !== undefined)
    return fail(wordSource(requirement.name, "path", pointer));
  if (value.url === undefined) return succeed([wanted]);
  if (value.extra !== undefined || value.group !== undefined)
    throw new BadShape(pointer, "is for one extra or group alone", "write `requirements: uv.lock` instead");
  const url = memberOf(place, "url");
  if (!isAddress(textOf(url)))
    throw new BadShape(url.pointer, "must be an address without a password or a query");
  return succeed([{ ...wanted, versions: "", url: textOf(url) }]);
}

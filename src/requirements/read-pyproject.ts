import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import { listGroup } from "./list-group.ts";
import { PYPI, poetryIndexes, uvIndexes } from "./named-indexes.ts";
import { offeredByPoetry, readPoetryProject } from "./read-poetry-project.ts";
import type { Choice, Format, Requirements } from "./reading.ts";
import {
  isAddress,
  normalName,
  parseRequirement,
  type Requirement,
  renderRequirement,
} from "./requirement.ts";
import { BadShape, entriesOf, listOf, memberOf, type Placed, recordOf, textOf } from "./shape.ts";
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
  const placed = [
    ...listOf(memberOf(project, "dependencies")),
    ...choice.extras.flatMap((extra) => listExtra(data, extra, new Set())),
    ...choice.groups.flatMap((group) => listGroup(groups, group)),
  ];
  const read = combine(placed.map((item) => readItem(data, item)));
  if (!read.ok) return read;
  const requires = memberOf(project, "requires-python");
  const indexes = [...uvIndexes(toolOf(data, "uv")), ...poetryIndexes(toolOf(data, "poetry"))];
  return succeed({
    lines: [...new Set(read.value.flatMap(renderRequirement))],
    indexes: indexes.length > 0 ? indexes : [PYPI],
    findLinks: [],
    ...(requires.value !== undefined && {
      python: { versions: textOf(requires), pointer: requires.pointer },
    }),
  });
}

function findNoDependencies(data: Placed): Diagnostic | undefined {
  const project = projectOf(data);
  const dynamic = memberOf(project, "dynamic");
  const isDynamic = listOf(dynamic).some(({ value }) => value === "dependencies");
  if (isDynamic)
    return errorDiagnostic(
      "requirements/no-dependencies",
      "only a build of the project knows its dependencies",
      {
        path: dynamic.pointer,
        hint: "list them in `project.dependencies`, or name a lock or a requirements file instead",
      },
    );
  const groups = memberOf(recordOf(data), "dependency-groups").value;
  if (Object.keys(project.value).length > 0 || groups !== undefined) return undefined;
  return errorDiagnostic("requirements/no-dependencies", "it names no dependencies", {
    path: "",
    hint: "they are read from `[project]`, `[dependency-groups]` and `[tool.poetry]`",
  });
}

/** An extra may ask for others of its own project. */
function listExtra(data: Placed, extra: string, seen: Set<string>): readonly Placed[] {
  const project = projectOf(data);
  const [, list] =
    entriesOf(memberOf(project, "optional-dependencies")).find(
      ([key]) => normalName(key) === normalName(extra),
    ) ?? [];
  if (list === undefined || seen.has(list.pointer)) return [];
  seen.add(list.pointer);
  return listOf(list).flatMap((item) => {
    const requirement = typeof item.value === "string" ? parseRequirement(item.value) : undefined;
    const isOwn = requirement !== undefined && requirement.name === normalName(String(project.value.name));
    return isOwn ? requirement.extras.flatMap((inner) => listExtra(data, inner, seen)) : [item];
  });
}

function readItem(data: Placed, item: Placed): Result<Requirement> {
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

/** uv may bring a dependency from elsewhere than the index. */
function fromUvSource(data: Placed, requirement: Requirement): Result<Requirement> {
  const sources = entriesOf(memberOf(toolOf(data, "uv"), "sources"));
  const [, source] = sources.find(([key]) => normalName(key) === requirement.name) ?? [];
  if (source === undefined) return succeed(requirement);
  for (const one of Array.isArray(source.value) ? listOf(source) : [source]) {
    const { value, pointer } = recordOf(one);
    if (value.git !== undefined) return fail(wordSource(requirement.name, "repository", pointer));
    if (value.path !== undefined || value.workspace !== undefined)
      return fail(wordSource(requirement.name, "path", pointer));
    if (value.url === undefined) continue;
    const url = textOf(memberOf(recordOf(one), "url"));
    if (!isAddress(url))
      throw new BadShape(`${pointer}/url`, "must be an address without a password or a query");
    return succeed({ ...requirement, versions: "", url });
  }
  return succeed(requirement);
}

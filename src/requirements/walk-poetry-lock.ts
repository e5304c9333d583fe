import { errorDiagnostic } from "../model/diagnostic.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { markerOf } from "./conditions.ts";
import type { Choice } from "./format.ts";
import { nameOf } from "./locked-package.ts";
import { decideExtras, type Marker } from "./marker.ts";
import { BadShape, memberOf, type Placed, type PlacedRecord, recordOf, textsOf } from "./placed.ts";
import { alternativesOf, askedOfPoetry, isOptional, markerOfPoetry, namedIn } from "./read-poetry-project.ts";
import { normalName } from "./requirement.ts";
import { type Edge, walk } from "./walk.ts";

/** Of each package that is needed, by its place: when. */
export type Needed = ReadonlyMap<string, Marker>;

/** The node that the walk begins at. */
const PROJECT = "";

/** Before poetry 2 a lock does not say what its packages are needed for: that follows from the project beside it. */
export function walkPoetryLock(
  packages: readonly PlacedRecord[],
  project: Placed | undefined,
  choice: Choice,
): Result<Needed> {
  if (project === undefined)
    return fail(
      errorDiagnostic(
        "requirements/lock-alone",
        "a lock of poetry before 2.0 needs the `pyproject.toml` beside it",
        {
          path: "/metadata",
          hint: "copy it there, or type `poetry lock` with poetry 2",
        },
      ),
    );
  const byName = uniqueByName(packages);
  const nodes = new Map(packages.map((one) => [one.pointer, one]));
  const reached = walk([PROJECT], (node) => {
    const [pointer = "", extra = ""] = node.split(" ");
    const locked = nodes.get(pointer);
    const dependencies =
      locked === undefined ? askedOfPoetry(project, choice) : namedIn(memberOf(locked, "dependencies"));
    return dependencies.flatMap(({ name, placed }) =>
      alternativesOf(placed).flatMap((one) => {
        if (locked !== undefined && extra === "" && isOptional(one)) return [];
        return edgesTo(byName(name, locked?.pointer), one, extra);
      }),
    );
  });
  const own = packages.flatMap(({ pointer }) => {
    const condition = reached.get(pointer);
    return condition === undefined ? [] : [[pointer, markerOf(condition)] as const];
  });
  return succeed(new Map(own));
}

function edgesTo(to: PlacedRecord, dependency: Placed, extra: string): readonly Edge[] {
  if (typeof dependency.value === "string") return [{ to: to.pointer, marker: true }];
  const marker = decideExtras(markerOfPoetry(dependency), (one) => normalName(one) === extra);
  const extras = textsOf(memberOf(recordOf(dependency), "extras"));
  const nodes = [to.pointer, ...extras.map((one) => `${to.pointer} ${normalName(one)}`)];
  return nodes.map((node) => ({ to: node, marker }));
}

/** Which of several versions is meant would take to know all that poetry knows of versions. */
function uniqueByName(packages: readonly PlacedRecord[]) {
  const byName = new Map<string, readonly PlacedRecord[]>();
  for (const one of packages) byName.set(nameOf(one), [...(byName.get(nameOf(one)) ?? []), one]);
  return (name: string, asker = "/metadata"): PlacedRecord => {
    const [only, another] = byName.get(name) ?? [];
    if (only === undefined)
      throw new BadShape(asker, `asks for \`${name}\`, which is not in the lock`, "lock again");
    if (another === undefined) return only;
    throw new BadShape(
      another.pointer,
      `has \`${name}\` in a second version`,
      "type `poetry lock` with poetry 2, or `poetry export -o requirements.txt`, and write that file",
    );
  };
}

import path from "node:path";
import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Draft } from "../model/draft.ts";
import type { Files } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Session } from "./session.ts";

/** A file that is to be written; its place is absolute. */
export type FileToWrite = { readonly place: string; readonly text: string };

/**
 * The files of a draft besides its configuration. None replaces a file, but for one that says the same, and none is
 * written through a link to a place outside the package. Errors: `cli/place-taken`.
 */
export async function checkDraftPlaces(
  { host: { files }, workingDirectory }: Session,
  directory: string,
  { files: contents }: Draft,
): Promise<Result<readonly FileToWrite[]>> {
  const places = Object.entries(contents).map(([name, text]) => ({
    place: path.resolve(directory, name),
    text,
  }));
  for (const { place, text } of places) {
    const obstacle = (await findObstacle(directory, place, files)) ?? (await findOther(place, text, files));
    if (obstacle === undefined) continue;
    const shown = path.relative(workingDirectory, obstacle.place);
    const wanted = path.relative(workingDirectory, place);
    const what = shown === wanted ? "" : `, where \`${wanted}\` would be written`;
    return fail(
      errorDiagnostic("cli/place-taken", `\`${shown}\` ${obstacle.why}${what}`, {
        hint: "rename it, or add `--dry-run` to see what would be written",
      }),
    );
  }
  return succeed(places);
}

type Obstacle = { readonly place: string; readonly why: string };

/** The first folder on the way to a place that nothing can be written in. */
async function findObstacle(directory: string, place: string, files: Files): Promise<Obstacle | undefined> {
  const root = (await files.realPath(directory)) ?? directory;
  const names = path.relative(directory, path.dirname(place)).split(path.sep);
  for (const [index, name] of names.entries()) {
    const folder = path.resolve(directory, ...names.slice(0, index + 1));
    const status = await files.status(folder);
    if (status === undefined) {
      const isLink = (await files.list(path.dirname(folder))).includes(name);
      return isLink ? { place: folder, why: "is a link to nothing" } : undefined;
    }
    if (status.type !== "directory") return { place: folder, why: "exists, and is not a folder" };
    const below = path.relative(root, (await files.realPath(folder)) ?? folder);
    if (below === ".." || below.startsWith(`..${path.sep}`) || path.isAbsolute(below))
      return { place: folder, why: "leads out of the package" };
  }
  return undefined;
}

async function findOther(place: string, text: string, files: Files): Promise<Obstacle | undefined> {
  const status = await files.status(place);
  if (status === undefined || (status.type === "file" && (await files.readText(place)) === text))
    return undefined;
  return { place, why: "exists already, and would be overwritten" };
}

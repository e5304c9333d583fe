import { holds } from "../config/paths.ts";
import { findScripts } from "../drafts/find-script.ts";
import { surveyFolder } from "../drafts/survey-folder.ts";
import type { Opened } from "./importer.ts";

/** A script with `init` and `run`: the file of this path, or the likeliest in the folder of this path. */
export async function findScript({ directory, files }: Opened, place: string): Promise<string | undefined> {
  const survey = await surveyFolder(directory, files);
  const scripts = survey.scripts.filter((script) => holds(place, script));
  const [script] = await findScripts(directory, { ...survey, scripts }, files);
  return script;
}

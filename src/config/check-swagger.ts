import { locate, pointerTo } from "../document/locate.ts";
import type { Config } from "../model/config.ts";
import { type Diagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import type { Files } from "../model/host.ts";
import { quoted } from "./words.ts";

const WANTED = "swagger3.1.json";
const OTHERS = ["swagger.json", "swagger2.json", "swagger3.json"];

/** A description of the user's own in another version is one that `swagger` does not look at. */
export async function checkSwagger(
  { tests, inference, directory }: Config,
  document: Document,
  files: Files,
): Promise<readonly Diagnostic[]> {
  const first = tests.flatMap(({ exchanges }) => exchanges).find(({ expect }) => expect.swagger)?.expect;
  if (first === undefined || inference.kind !== "script" || inference.sourceDirectory === undefined)
    return [];
  const folder = `${directory}/${inference.sourceDirectory}`;
  const isThere = async (name: string) => (await files.status(`${folder}/${name}`))?.type === "file";
  if (await isThere(WANTED)) return [];
  const there = await Promise.all(OTHERS.map(isThere));
  const other = OTHERS.find((_, index) => there[index]);
  if (other === undefined) return [];
  const path = pointerTo(first.pointer, "swagger");
  const message = `${quoted(other)} is not used to check answers: only OpenAPI 3.1 is`;
  return [
    warningDiagnostic("config/other-swagger", message, {
      location: locate(document, path, "key"),
      path,
      hint: `add a \`${WANTED}\` in OpenAPI 3.1 beside it; without one, the server describes the service itself`,
    }),
  ];
}

import path from "node:path";
import { errorDiagnostic } from "../model/diagnostic.ts";
import { fail, type Result } from "../model/result.ts";
import { documentPlaceOf } from "./document-place.ts";
import { type ParsedOnce, parseOnce } from "./remember-document.ts";
import type { Session } from "./session.ts";

/** More than any text of as many characters as are read takes in UTF-8. */
const MOST_BYTES = 4_000_000;

/** Reads a configuration file, absolute, which may be anything at all. */
export async function readConfigFile(configPath: string, session: Session): Promise<Result<ParsedOnce>> {
  const { host, workingDirectory } = session;
  const shown = path.relative(workingDirectory, configPath) || configPath;
  const found = await host.files.status(configPath);
  if (found === undefined) return fail(wordMissing(shown));
  if (found.type !== "file")
    return fail(wordNoFile(shown, found.type === "directory" ? "a folder" : "no file"));
  if (found.size > MOST_BYTES) return fail(wordTooLarge(shown));
  const file = { path: shown, text: await host.files.readText(configPath) };
  return parseOnce(file, documentPlaceOf(session, configPath), host.files, { takesMergeTags: true });
}

function wordMissing(shown: string) {
  return errorDiagnostic("cli/no-configuration", `there is no \`${shown}\``, {
    hint: "go to the package's folder, or name the file with `-f`; `mlpackage init` writes one for the model that lies in a folder",
  });
}

function wordNoFile(shown: string, what: string) {
  return errorDiagnostic("cli/no-configuration", `\`${shown}\` is ${what}`, {
    hint: `name the configuration file with \`-f\`, such as \`-f ${path.join(shown, "mlpackage.yaml")}\``,
  });
}

function wordTooLarge(shown: string) {
  return errorDiagnostic("cli/no-configuration", `\`${shown}\` is too large for a configuration file`, {
    hint: "put long request bodies into files of their own, and name them with `body_file`",
  });
}

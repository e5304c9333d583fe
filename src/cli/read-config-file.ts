import path from "node:path";
import { bytesOf } from "../model/chunks.ts";
import { errorDiagnostic } from "../model/diagnostic.ts";
import { fail, type Result } from "../model/result.ts";
import type { SourceFile } from "../model/text-range.ts";
import { documentPlaceOf } from "./document-place.ts";
import { type ParsedOnce, parseOnce } from "./remember-document.ts";
import type { Session } from "./session.ts";

/** More than any text of as many characters as are read takes in UTF-8. */
const MOST_BYTES = 4_000_000;

/** What stands for bytes that are no UTF-8, once they are text. */
const REPLACEMENT = "\uFFFD";

/** Reads a configuration file, absolute, which may be anything at all. */
export async function readConfigFile(configPath: string, session: Session): Promise<Result<ParsedOnce>> {
  const { host, workingDirectory } = session;
  const shown = path.relative(workingDirectory, configPath) || configPath;
  const found = await host.files.status(configPath);
  if (found === undefined) {
    const other = otherEnding(configPath);
    const isThere = (await host.files.status(other))?.type === "file";
    return fail(wordMissing(shown, isThere ? otherEnding(shown) : undefined));
  }
  if (found.type !== "file")
    return fail(wordNoFile(shown, found.type === "directory" ? "a folder" : "no file"));
  if (found.size > MOST_BYTES) return fail(wordTooLarge(shown));
  const file = { path: shown, text: await host.files.readText(configPath) };
  const replaced = file.text.indexOf(REPLACEMENT);
  if (replaced >= 0 && !(await isUtf8(host.files.readStream(configPath))))
    return fail(wordNotUtf8(file, replaced));
  return parseOnce(file, documentPlaceOf(session, configPath), host.files, { takesMergeTags: true });
}

/** `.yml` for `.yaml`, and the other way round. */
function otherEnding(file: string): string {
  return file.replace(/\.ya?ml$/, (ending) => (ending === ".yml" ? ".yaml" : ".yml"));
}

async function isUtf8(chunks: AsyncIterable<Uint8Array>): Promise<boolean> {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(await bytesOf(chunks));
    return true;
  } catch {
    return false;
  }
}

function wordNotUtf8(file: SourceFile, start: number) {
  return errorDiagnostic("cli/not-utf-8", `\`${file.path}\` is not in UTF-8`, {
    location: { file, range: { start, end: start + 1 } },
    hint: "save it as UTF-8 in your editor",
  });
}

function wordMissing(shown: string, other: string | undefined) {
  return errorDiagnostic("cli/no-configuration", `there is no \`${shown}\``, {
    hint:
      other === undefined
        ? "go to the package's folder, or add `-f FILE`; type `mlpackage init` to write one for the model in this folder"
        : `there is \`${other}\`: rename it, or add \`-f ${other}\``,
  });
}

function wordNoFile(shown: string, what: string) {
  return errorDiagnostic("cli/no-configuration", `\`${shown}\` is ${what}`, {
    hint: `write the file itself, such as \`-f ${path.join(shown, "mlpackage.yaml")}\``,
  });
}

function wordTooLarge(shown: string) {
  return errorDiagnostic("cli/no-configuration", `\`${shown}\` is too large for a configuration file`, {
    hint: "move long request bodies into separate files, and name them with `body_file`",
  });
}

import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Serializable } from "../model/serializable.ts";
import type { SourceFile } from "../model/text-range.ts";

/** More than any lock that somebody has to wait for. */
const MAXIMUM_LENGTH = 20_000_000;

/** A date of TOML is what it is written as. */
export type TomlFile = { readonly file: SourceFile; readonly value: Serializable };

/** The plain data of a TOML file, or what is wrong with it as TOML. Its places are found when they are asked for. */
export async function parseToml(given: SourceFile): Promise<Result<TomlFile>> {
  const file = { path: given.path, text: given.text.replace(/^\uFEFF/, "") };
  if (file.text.length > MAXIMUM_LENGTH)
    return fail(
      errorDiagnostic(
        "document/too-large",
        `\`${file.path}\` is larger than ${MAXIMUM_LENGTH / 1e6} million characters`,
        {
          hint: "name the right file: a list of dependencies is much smaller",
        },
      ),
    );
  const { parse, TomlError } = await import("smol-toml");
  try {
    return succeed({ file, value: asData(parse(file.text)) });
  } catch (error) {
    if (error instanceof TomlError) return fail(wordSyntaxError(file, error));
    if (error instanceof RangeError) return fail(wordTooDeep(file));
    throw error;
  }
}

function asData(value: unknown): Serializable {
  return JSON.parse(JSON.stringify(value)) as Serializable;
}

/** A key of very many segments. */
function wordTooDeep({ path }: SourceFile): Diagnostic {
  return errorDiagnostic("document/syntax", `\`${path}\` is nested too deeply`, {
    hint: "shorten the dotted keys in it",
  });
}

type Failure = { readonly message: string; readonly line: number; readonly column: number };

/** The parser shows the place in its message as well. */
function wordSyntaxError(file: SourceFile, { message, line, column }: Failure): Diagnostic {
  const [first = ""] = message.replace(/^Invalid TOML document: /, "").split("\n");
  const lines = file.text.split("\n");
  const before = lines.slice(0, line - 1).reduce((length, text) => length + text.length + 1, 0);
  const start = Math.min(before + column - 1, file.text.length);
  return errorDiagnostic("document/syntax", first.replace(/\.? aborting\.$|\.$/, ""), {
    location: { file, range: { start, end: Math.min(start + 1, file.text.length) } },
    hint: "correct it at this place, or have the tool that wrote the file write it again",
  });
}

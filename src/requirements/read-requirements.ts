import { locate, pointerTo } from "../document/locate.ts";
import { parseDocument } from "../document/parse.ts";
import { parseToml } from "../document/parse-toml.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { mayBe, wordOtherPython } from "../model/python-versions.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Serializable } from "../model/serializable.ts";
import type { Location, SourceFile } from "../model/text-range.ts";
import { Tangled } from "./conditions.ts";
import type { Choice, Format, ReadRequest, Requirements } from "./format.ts";
import type { FormatName } from "./formats.ts";
import { BadShape, type Placed } from "./placed.ts";
import { condaFile } from "./read-conda.ts";
import { poetryLock } from "./read-poetry-lock.ts";
import { pyproject } from "./read-pyproject.ts";
import { uvLock } from "./read-uv-lock.ts";
import { normalName } from "./requirement.ts";
import { warnOfStaleLock } from "./stale-lock.ts";

const FORMATS: Readonly<Record<FormatName, Format>> = {
  "pyproject.toml": pyproject,
  "uv.lock": uvLock,
  "poetry.lock": poetryLock,
  "conda.yaml": condaFile,
};

/** What a file of dependencies comes to, as pip would be asked for it; or all that is wrong with it, each with its place. */
export async function readRequirements(request: ReadRequest): Promise<Result<Requirements>> {
  const parsed = await parse(request.file, request.format);
  if (!parsed.ok) return parsed;
  const besides = request.project === undefined ? undefined : await parse(request.project, "pyproject.toml");
  const project = besides?.ok ? besides.value.data : undefined;
  const { data, place } = parsed.value;
  const read = readData(request, data, project);
  if (!read.ok) return fail(...(await Promise.all(read.diagnostics.map(place))));
  return succeed(read.value, await Promise.all(read.warnings.map(place)));
}

function readData(
  { format, choice, locateChoice, file, basePython }: ReadRequest,
  data: Placed,
  project: Placed | undefined,
): Result<Requirements> {
  try {
    const { offers, read } = FORMATS[format];
    const unknown = findUnknown(choice, offers(data, project), file.path, locateChoice);
    if (unknown.length > 0) return fail(...unknown);
    const requirements = read(data, choice, project);
    if (!requirements.ok) return requirements;
    const { python } = requirements.value;
    if (python !== undefined && basePython !== undefined && !mayBe(python.versions, basePython))
      return fail({
        ...wordOtherPython(python.versions, basePython.join("."), file.path),
        path: python.pointer,
      });
    const stale = warnOfStaleLock(format, data, project);
    return succeed(requirements.value, [...requirements.warnings, ...stale]);
  } catch (error) {
    if (error instanceof BadShape) return fail(wordBadShape(error, format));
    if (error instanceof Tangled) return fail(wordTangled());
    throw error;
  }
}

type Parsed = {
  readonly data: Placed<Serializable>;
  readonly place: (diagnostic: Diagnostic) => Promise<Diagnostic>;
};

/** The data of a file, and what gives a diagnostic of it its place in it. */
async function parse(file: SourceFile, format: FormatName): Promise<Result<Parsed>> {
  if (format === "conda.yaml") {
    const parsed = parseDocument(file);
    if (!parsed.ok) return fail(...parsed.diagnostics.map((diagnostic) => ofFile(diagnostic, file)));
    return succeed({
      data: { value: parsed.value.value, pointer: "" },
      place: async (diagnostic) => placed(diagnostic, (pointer) => locate(parsed.value, pointer)),
    });
  }
  const parsed = await parseToml(file);
  if (!parsed.ok) return parsed;
  return succeed({
    data: { value: parsed.value.value, pointer: "" },
    place: async (diagnostic) => {
      const { locateInToml } = await import("../document/locate-in-toml.ts");
      return placed(diagnostic, (pointer) => locateInToml(parsed.value, pointer));
    },
  });
}

/** What is said of an empty configuration file is no help here. */
function ofFile(diagnostic: Diagnostic, file: SourceFile): Diagnostic {
  return {
    location: { file, range: { start: 0, end: 0 } },
    ...diagnostic,
    ...(diagnostic.code === "document/empty" && {
      hint: "write the dependencies into it, or name another file",
    }),
  };
}

function placed(diagnostic: Diagnostic, find: (pointer: string) => Location): Diagnostic {
  const { path, ...rest } = diagnostic;
  return path === undefined || diagnostic.location !== undefined
    ? diagnostic
    : { ...rest, location: find(path) };
}

const WORDS = {
  extras: ["extra", "requirements/unknown-extra"],
  groups: ["group", "requirements/unknown-group"],
} as const;

function findUnknown(
  choice: Choice,
  offered: Choice,
  path: string,
  locateChoice: ReadRequest["locateChoice"],
): readonly Diagnostic[] {
  return (["extras", "groups"] as const).flatMap((kind) => {
    const known = new Set(offered[kind].map((name) => normalName(name)));
    return choice[kind].flatMap((name, index) => {
      if (known.has(normalName(name))) return [];
      const names = offered[kind].map((one) => `\`${one}\``).join(", ");
      const [one, code] = WORDS[kind];
      return errorDiagnostic(code, `\`${path}\` has no ${one} \`${name}\``, {
        location: locateChoice(kind, index),
        path: pointerTo("/environment/python", kind, index),
        hint: names === "" ? `remove it: the file has no ${kind}` : `write one of its ${kind}: ${names}`,
      });
    });
  });
}

function wordBadShape({ pointer, message, hint }: BadShape, format: FormatName): Diagnostic {
  const subject = pointer === "" ? "the file" : `\`${pointer.slice(1).replaceAll("/", ".")}\``;
  return errorDiagnostic("requirements/bad-file", `${subject} ${message}`, {
    path: pointer,
    hint: hint ?? `correct it there: the file is read as \`${format}\``,
  });
}

function wordTangled(): Diagnostic {
  return errorDiagnostic("requirements/tangled", "the lock file is too tangled to read", {
    path: "",
    hint: "type `uv export -o requirements.txt`, and write `requirements: requirements.txt`",
  });
}

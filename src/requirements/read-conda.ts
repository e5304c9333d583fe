import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import type { Format, Requirements } from "./format.ts";
import { addressAt, PYPI } from "./named-indexes.ts";
import { BadShape, entriesOf, listOf, memberOf, type Placed, recordOf, textOf } from "./placed.ts";
import { condaPackagesOf, readCondaSpec } from "./read-conda-packages.ts";
import { parseRequirement, parseVersions, renderRequirement } from "./requirement.ts";
import { wordNoRequirement } from "./word-source.ts";

/**
 * A conda environment file. What asks conda for nothing but Python and what it comes with is installed in the base's own
 * Python; for anything else, Python is conda's as well.
 */
export const condaFile: Format = { offers: () => ({ extras: [], groups: [] }), read: readConda };

/** What every conda environment asks of conda, and pip has under the same name. */
const OF_PIP: ReadonlySet<string> = new Set(["setuptools", "wheel"]);
const OF_EVERY_PYTHON: ReadonlySet<string> = new Set(["python", "pip", ...OF_PIP]);

/** What our own server stands in for. */
const AZURE_SERVERS: ReadonlySet<string> = new Set(["azureml-defaults", "azureml-inference-server-http"]);

function readConda(data: Placed): Result<Requirements> {
  const environment = recordOf(data);
  const dependencies = memberOf(environment, "dependencies");
  if (dependencies.value === undefined) throw new BadShape(dependencies.pointer, "is missing");
  const items = listOf(dependencies);
  const specs = items.filter(({ value }) => typeof value === "string").map(readCondaSpec);
  const isCondas = specs.some(({ name }) => !OF_EVERY_PYTHON.has(name));
  const ofConda = isCondas ? [] : specs.map(readAsPip);
  const ofPip = items.filter(({ value }) => typeof value !== "string").flatMap(pipItems);
  const read = combine<Asked>([...ofConda, ...ofPip.map(readPipItem)]);
  if (!read.ok) return read;
  const lines = read.value.flatMap(({ line }) => line ?? []);
  const python = read.value.find((asked) => asked.python !== undefined)?.python;
  return succeed(
    {
      lines: [...new Set(lines)],
      indexes: indexesOf(read.value),
      findLinks: read.value.flatMap(({ findLinks }) => findLinks ?? []),
      ...(python !== undefined && { python }),
      ...(isCondas && { conda: condaPackagesOf(memberOf(environment, "channels"), specs) }),
    },
    [...read.warnings, ...warnOfVariables(memberOf(environment, "variables"))],
  );
}

type Asked = {
  readonly line?: string;
  readonly python?: { readonly versions: string; readonly pointer: string };
  readonly index?: string;
  readonly extraIndex?: string;
  readonly findLinks?: string;
};

function readAsPip({ name, versions, pointer }: ReturnType<typeof readCondaSpec>): Result<Asked> {
  if (OF_PIP.has(name)) return succeed({ line: `${name}${versionsForPip(versions, pointer)}` });
  if (name === "pip") return succeed({});
  const wanted = versionsOfConda(versions);
  if (wanted === "") return succeed({});
  if (wanted === undefined) throw new BadShape(pointer, "must be a version, as in `python=3.12`");
  return succeed({ python: { versions: wanted, pointer } });
}

/** With one `=`, and as every environment is written, the release alone counts: a build of conda's is none of the base's. */
function versionsOfConda(text: string): string | undefined {
  const clauses = text
    .trim()
    .split(",")
    .map((clause) => clause.trim());
  if (clauses.length === 1 && clauses[0] === "") return "";
  const converted = clauses.map((clause) => {
    const [, numbers] = /^={0,2}\s*(\d+(?:\.\d+)?)(?:\.[\d.]+)?(?:\.?\*)?(?:=[^=\s]+)?$/.exec(clause) ?? [];
    return numbers === undefined ? clause : `==${numbers}.*`;
  });
  return parseVersions(converted.join(","));
}

/** A build of conda's is none of pip's. */
function versionsForPip(text: string, pointer: string): string {
  const [, exact] = /^\s*==\s*([0-9][A-Za-z0-9.]*)(?:=[^=,|]*)?$/.exec(text) ?? [];
  if (exact !== undefined) return `==${exact}`;
  const wanted = versionsOfCondaPackage(text);
  if (wanted !== "" || /^[\s=]*\*?$/.test(text)) return wanted;
  throw new BadShape(
    pointer,
    "has no equal among the versions of pip",
    "put it below `pip:` as pip reads it",
  );
}

function versionsOfCondaPackage(text: string): string {
  const [, version] = /^\s*=?\s*([0-9][A-Za-z0-9.]*)(?:\.\*)?(?:=[^=]*)?$/.exec(text) ?? [];
  if (version !== undefined) return `==${version}.*`;
  return parseVersions(text.trim()) ?? "";
}

function pipItems(item: Placed): readonly Placed[] {
  return entriesOf(item).flatMap(([key, list]) => {
    if (key === "pip") return listOf(list);
    throw new BadShape(list.pointer, "is not known: conda has `pip` alone here");
  });
}

function readPipItem(item: Placed): Result<Asked> {
  const text = textOf(item).trim();
  if (text.startsWith("-")) return readPipOption(text, item.pointer);
  const requirement = parseRequirement(text);
  if (requirement === undefined) return fail(wordNoRequirement(text, item.pointer));
  if (AZURE_SERVERS.has(requirement.name)) return succeed({}, [warnOfServer(requirement.name, item.pointer)]);
  const [line] = renderRequirement(requirement);
  return succeed(line === undefined ? {} : { line });
}

/** Where pip is to look. */
const PLACE_OPTION = /^(-i|--index-url|--extra-index-url)[\s=]+(\S+)$/;

function readPipOption(text: string, pointer: string): Result<Asked> {
  const [, option, value = ""] = PLACE_OPTION.exec(text) ?? [];
  if (option === "--extra-index-url") return succeed({ extraIndex: addressAt(value, pointer) });
  if (option !== undefined) return succeed({ index: addressAt(value, pointer) });
  const isFile = /^(-r|--requirement)\b/.test(text);
  return fail(
    errorDiagnostic("requirements/pip-option", `\`${text}\` is a pip option that is not supported here`, {
      path: pointer,
      hint: isFile
        ? "write that file as `environment.python.requirements`, in place of `conda`"
        : "move it to a requirements file; here only `--index-url` and `--extra-index-url` are read",
    }),
  );
}

function indexesOf(asked: readonly Asked[]): readonly string[] {
  const own = asked.flatMap(({ index }) => index ?? []).slice(-1);
  return [...(own.length === 0 ? [PYPI] : own), ...asked.flatMap(({ extraIndex }) => extraIndex ?? [])];
}

function warnOfServer(name: string, pointer: string): Diagnostic {
  return warningDiagnostic(
    "requirements/server-left-out",
    `\`${name}\` is not installed: mlpackage has its own server`,
    {
      path: pointer,
      hint: "if the script imports `azureml`, add `azureml-core`",
    },
  );
}

function warnOfVariables({ value, pointer }: Placed): readonly Diagnostic[] {
  if (value === undefined) return [];
  return [
    warningDiagnostic("requirements/variables-left-out", "`variables` are not read from here", {
      path: pointer,
      hint: "move them to `environment.variables`",
    }),
  ];
}

import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";

/** A path, or an address of one; by itself, after `-e`, or after `name @`. */
const LOCAL =
  /^(?:(?:-e|--editable)[\s=]*|[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?\s*@\s*)?((?:\.{0,2}\/|file:)\S*|\.{1,2}|(?![a-z+]+:\/\/)[^\s@;]+\.(?:whl|tar\.gz|zip))(?=[\s;#]|$)/i;

/** What requirements ask for by its path: pip is called where nothing of the package lies. */
export function findLocalRequirements(lines: readonly string[], file?: string): readonly Diagnostic[] {
  return lines
    .map((line) => line.replace(/\s#.*$/, "").trim())
    .flatMap((line) => (LOCAL.test(line) ? [wordLocalRequirement(line, file)] : []));
}

/** `name-version(-build)-python-abi-platform.whl` (PEP 427). */
const WHEEL = /(?:^|\/)([A-Za-z0-9._]+)-([A-Za-z0-9.!+_]+)(?:-\d[^-/]*)?-[^-/]+-[^-/]+-[^-/]+\.whl$/;

function wordLocalRequirement(line: string, file: string | undefined): Diagnostic {
  const path = (LOCAL.exec(line)?.[1] ?? line).replace(/^file:(?:\/\/)?/, "");
  const [, name, version] = WHEEL.exec(path) ?? [];
  const folder =
    path
      .split("/")
      .slice(0, -1)
      .join("/")
      .replace(/^(\.\/)+/, "") || ".";
  const isWheel = name !== undefined && !folder.startsWith("/") && !folder.startsWith("..") && folder !== ".";
  return errorDiagnostic(
    "plan/local-requirement",
    `\`${line}\` is required by its path, which cannot be locked`,
    {
      hint: isWheel
        ? `write \`${name.replaceAll("_", "-")}==${version}\` instead, and \`find_links: [${folder}]\` beside \`requirements\``
        : "type `pip wheel --wheel-dir wheels PATH`, add `find_links: [wheels]`, and require its name and version",
      details: { subject: line, ...(file !== undefined && { file }) },
    },
  );
}

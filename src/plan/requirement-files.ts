import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Files } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { findLocalRequirements } from "./local-requirements.ts";

/** A requirements file and all it takes in with `-r` and `-c`, as paths relative to the package. */
export async function findRequirementFiles(
  first: string,
  directory: string,
  files: Files,
): Promise<Result<readonly string[]>> {
  const found = new Set<string>();
  const local: Diagnostic[] = [];
  const waiting = [resolvePath("", first)];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    const isInside = !path.startsWith("..") && !path.startsWith("/");
    if (!isInside || (await files.status(`${directory}/${path}`))?.type !== "file") {
      return fail(
        errorDiagnostic(
          "plan/requirements-file-missing",
          `the requirements file \`${path}\` is not in the package`,
          {
            path: "/environment/python/requirements",
            hint: `create it, or remove the \`-r\` or \`-c\` line from \`${first}\``,
          },
        ),
      );
    }
    found.add(path);
    const text = await files.readText(`${directory}/${path}`);
    local.push(...findLocalRequirements(joinedLines(text), path));
    waiting.push(...includesOf(text).map((include) => resolvePath(path, include)));
  }
  return local.length > 0 ? fail(...local) : succeed([...found]);
}

/** The lines of requirements files that say where pip looks for packages, and not for which. */
export function pipOptionsIn(texts: readonly string[]): readonly string[] {
  const lines = texts.flatMap(joinedLines).map((line) => line.replace(/\s+#.*$/, "").trim());
  return [...new Set(lines.filter((line) => PLACE_OPTION.test(line)))];
}

const PLACE_OPTION =
  /^(-[if]|--(index-url|extra-index-url|find-links|no-index|trusted-host|pre|prefer-binary|no-binary|only-binary)\b)/;

/** A line that ends with a backslash goes on in the next, but for a comment. */
function joinedLines(text: string): readonly string[] {
  return text
    .replace(/^[^\S\n]*#.*$/gm, "")
    .replace(/\\\r?\n/g, "")
    .split("\n");
}

function includesOf(text: string): readonly string[] {
  const lines = text.matchAll(/^\s*(?:-r|-c|--requirement|--constraint)[\s=]*([^\s#]+)/gm);
  return [...lines].flatMap(([, path]) => (path === undefined || path.includes("://") ? [] : [path]));
}

function resolvePath(from: string, path: string): string {
  const parts = path.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const part of path.split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return path.startsWith("/") ? `/${parts.join("/")}` : parts.join("/");
}

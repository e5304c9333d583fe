import { BadPackage } from "./bad-package.ts";
import { PREFIX } from "./place-packages.ts";
import type { VariableFiles } from "./write-layer.ts";

/** What the packages' `env_vars.d` say, the last by its file's name before the others. Throws a `BadPackage`. */
export function readVariables(files: VariableFiles): Readonly<Record<string, string>> {
  const sorted = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.flatMap(([path, text]) => readFile(path, text)));
}

/** What decides which programs are run and which libraries are loaded is ours to say. */
const OURS = /^(?:PATH|CONDA_PREFIX|LD_.*|PYTHON(?:HOME|PATH|STARTUP))$/;

function readFile(path: string, text: string): readonly (readonly [string, string])[] {
  const wrong = () => new BadPackage(`a package has a \`${PREFIX}/${path}\` that sets no variables`);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong();
    return Object.entries(value).map(([name, said]): readonly [string, string] => {
      const isRight =
        /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && typeof said === "string" && !said.includes("\0");
      if (!isRight || OURS.test(name)) throw wrong();
      return [name, said];
    });
  } catch {
    throw wrong();
  }
}

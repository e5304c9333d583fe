import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const BANNER = `/*
 * What a program gets that imports mlpackage. Written by schemas/generate.ts from src/model/api.ts and
 * src/library/library.ts. A change in here is a change for others: CHANGELOG.md has it.
 */`;

/** The declarations of the library in one text that imports nothing. */
export function libraryDeclarations(source: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), "mlpackage-declarations-"));
  try {
    // Of the tools that bundle declarations none knows a compiler without an API.
    const compiler = path.join(source, "../node_modules/typescript/bin/tsc");
    const options = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--rootDir", source];
    const args = [compiler, "--project", path.join(source, "library/tsconfig.json"), ...options];
    execFileSync("node", [...args, "--outDir", folder], { stdio: ["ignore", "inherit", "inherit"] });
    const [types, functions] = ["model/api.d.ts", "library/library.d.ts"].map((file) =>
      readFileSync(path.join(folder, file), "utf8"),
    );
    return `${BANNER}\n\n${textOf(functions)}\n${textOf(types)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without what only the sources have: imports, and the comment at the head. */
function textOf(declarations = ""): string {
  return declarations
    .replace(/^\/\*(?!\*)[\s\S]*?\*\/\n/, "")
    .replace(/^import [^;]*;\n/gm, "")
    .replace(/^export \{\};\n/gm, "");
}

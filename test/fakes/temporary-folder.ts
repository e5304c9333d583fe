import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

let parent: string | undefined;

/** A new folder with these files, gone when the test's process ends. */
export function makeFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  parent ??= makeParent();
  const folder = mkdtempSync(path.join(parent, "folder-"));
  for (const [name, content] of Object.entries(files)) writeInto(folder, name, content);
  return folder;
}

function makeParent(): string {
  const made = mkdtempSync(path.join(tmpdir(), "mlpackage-test-"));
  process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Writes a file with the mode 644, or 755 for what begins with `#!`. */
export function writeInto(folder: string, name: string, content: string | Uint8Array): void {
  const place = path.join(folder, name);
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(place, content);
  chmodSync(place, typeof content === "string" && content.startsWith("#!") ? 0o755 : 0o644);
}

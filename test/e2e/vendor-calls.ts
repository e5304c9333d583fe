import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as assert from "uvu/assert";
import type { CallOptions } from "./mlpackage.ts";
import type { PackageFolder } from "./workspace.ts";

export function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** All files of a folder, sorted by their paths in it. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(path.relative(folder, entry.parentPath), entry.name))
    .sort();
}

/** Gives what was said. */
export async function succeeded(
  made: PackageFolder,
  args: readonly string[],
  options: CallOptions = {},
): Promise<string> {
  const { exitCode, stderr } = await made.call(args, options);
  assert.is(exitCode, 0, stderr);
  return stderr;
}

/** The call is refused as wrong, and before any work. */
export async function refused(
  made: PackageFolder,
  args: readonly string[],
  code: string,
  options: CallOptions = {},
): Promise<string> {
  const { exitCode, stderr } = await made.call(args, options);
  assert.is(exitCode, 64, stderr);
  assert.match(stderr, `error[${code}]`);
  assert.not.match(stderr, / at .*:\d+:\d+\)|it never ran here/);
  return stderr;
}

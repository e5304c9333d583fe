import path from "node:path";
import type { OwnFiles } from "../plan/code-ignore.ts";
import { lockPathOf } from "./lock-file.ts";
import type { Package } from "./open-package.ts";

/** The configuration files and the lock of a package, those that lie in its folder, for nobody to take them for code. */
export function ownFilesOf(opened: Package): OwnFiles {
  const below = opened.configPaths.map((one) => path.relative(opened.config.directory, one));
  return {
    configFiles: below.map((one) => one.split(path.sep).join("/")),
    lockFile: path.basename(lockPathOf(opened)),
  };
}

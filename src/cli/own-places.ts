import path from "node:path";

/** Or the bundle in `dist/`. */
const IS_SOURCE = path.basename(import.meta.filename) === "own-places.ts";

const from = (inSource: string, inBundle: string): string =>
  path.join(import.meta.dirname, IS_SOURCE ? inSource : inBundle);

/** Where the files lie that mlpackage brings along. */
export const OWN_PLACES = {
  runtimeDirectory: from("../runtime", "runtime"),
  templatesDirectory: from("../drafts/templates", "templates"),
  /** A browser reads no TypeScript: from the sources, too, it is what was built. */
  pageDirectory: from("../../dist", "."),
} as const;

/** Where its version is written. */
export const OWN_PACKAGE = from("../../package.json", "../package.json");

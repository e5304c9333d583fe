import { fileName } from "../config/paths.ts";
import { escapeDollars } from "../drafts/escape-dollars.ts";
import { packageName } from "../drafts/package-name.ts";
import type { ConfigFile } from "../model/config.generated.ts";
import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Draft } from "../model/draft.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { findMistakes } from "./fitting.ts";
import type { Opened } from "./importer.ts";
import type { Reading } from "./reading.ts";

/** With holes where the other file says nothing. */
type Sparse<T> = T extends readonly (infer Item)[]
  ? readonly Sparse<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: Sparse<T[Key]> | undefined }
    : T;

export type Converted = {
  /** What the package may be called after, the best first. */
  readonly names: readonly (string | undefined)[];
  readonly config: Omit<Sparse<ConfigFile>, "name">;
  readonly comments?: Draft["comments"];
  readonly files?: Draft["files"];
};

/** The draft, and what was left out of it; or all that is wrong with the file it is made of. */
export function finishDraft(reading: Reading, format: string, converted: Converted): Result<Draft> {
  reading.listUnread(`mlpackage does not know this key of ${format}`);
  if (reading.diagnostics.length > 0) return fail(...sorted(reading.diagnostics));
  const written = { name: nameOf(reading.opened, converted.names), ...converted.config };
  const config = escapeDollars(compact(written) as ConfigFile);
  const mistakes = findMistakes(config);
  if (mistakes.length > 0) return fail(...mistakes.map(({ message }) => wordUnfit(message, reading, format)));
  const { path } = reading.opened.document.file;
  if (config.models === undefined && config.inference === undefined) return fail(wordNothing(reading));
  return succeed({
    config,
    comments: { "": [`Converted from ${path}, ${format}.`], ...converted.comments },
    files: converted.files ?? {},
    leftOut: sorted(reading.leftOut),
  });
}

/** After the first that has a letter or a digit, else after the folder. */
export function nameOf({ folder, directory }: Opened, names: Converted["names"]): string {
  const named = names.find((name) => name !== undefined && /[a-z0-9]/i.test(name));
  return packageName(named ?? fileName(folder === "." ? directory : folder));
}

/** Without what is undefined or empty. */
function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(compact);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).map(([key, one]) => [key, compact(one)] as const);
  return Object.fromEntries(kept.filter(([, one]) => !isHole(one)));
}

function isHole(value: unknown): boolean {
  return (
    value === undefined || (typeof value === "object" && value !== null && Object.values(value).length === 0)
  );
}

type Told = { readonly location?: { readonly range: { readonly start: number } } };

/** In the order of the file; without a place, last. */
function sorted<T extends Told>(told: readonly T[]): readonly T[] {
  const placeOf = ({ location }: Told) => location?.range.start ?? Number.MAX_SAFE_INTEGER;
  return told.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** What was left out may be why. */
function wordNothing({ opened, leftOut }: Reading) {
  const { file } = opened.document;
  return errorDiagnostic(
    "import/nothing-to-serve",
    `\`${file.path}\` names no model and no script that exist here`,
    {
      location: { file, range: { start: 0, end: 0 } },
      hint: "copy the model's files beside it, and a script with `init()` and `run(data)` if the model needs one",
      excerpt: sorted(leftOut).map(({ what, why }) => `${what}: ${why}`),
    },
  );
}

/** Its parts were looked at one by one: this is about how they go together. */
function wordUnfit(message: string, { opened }: Reading, format: string) {
  const { file } = opened.document;
  return errorDiagnostic("import/unfit", `\`${file.path}\` cannot be converted: ${message}`, {
    location: { file, range: { start: 0, end: 0 } },
    hint: `correct it in the ${format} file, or write \`mlpackage.yaml\` by hand`,
  });
}

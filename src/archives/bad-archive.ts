import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";

type Fault =
  | "archive/damaged"
  | "archive/unsafe"
  | "archive/too-large"
  | "archive/unknown-format"
  | "archive/empty";

const HINTS: Readonly<Record<Fault, string>> = {
  "archive/damaged": "pack it anew, or fetch it again: nothing was taken of it",
  "archive/unsafe": "leave the entry out by `exclude`, or pack the archive anew without it",
  "archive/too-large": "pack it anew with less compression, if it is what you think it is",
  "archive/unknown-format":
    "an archive is a tar, a tar.gz, a tar.zst or a zip; without `unpack` the file is taken as it is",
  "archive/empty":
    "check `include` and `exclude`: globs are matched against paths inside the archive, and `**` spans folders",
};

/** An archive that is not taken; the message goes on from its name. `entry` is a name of a path in it, as it is written there. */
export class BadArchive extends Error {
  readonly fault: Fault;
  readonly entry: string | undefined;
  constructor(fault: Fault, message: string, entry?: string) {
    super(message);
    this.name = "BadArchive";
    this.fault = fault;
    this.entry = entry;
  }
}

/** As it is told of the archive of that name. */
export function wordBadArchive({ fault, message, entry }: BadArchive, archive: string): Diagnostic {
  return errorDiagnostic(fault, `\`${archive}\` ${message}`, {
    ...(entry !== undefined && { excerpt: [entry] }),
    hint: HINTS[fault],
  });
}

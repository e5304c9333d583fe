import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";

type Fault =
  | "archive/damaged"
  | "archive/unsafe"
  | "archive/too-large"
  | "archive/unknown-format"
  | "archive/empty";

const HINTS: Readonly<Record<Fault, string>> = {
  "archive/damaged": "download it again, or create the archive again; nothing was unpacked",
  "archive/unsafe": "leave the entry out with `exclude`, or create the archive again without it",
  "archive/too-large": "if you trust it, create the archive again with less compression",
  "archive/unknown-format":
    "remove `unpack` to use the file as it is; archives are `.tar`, `.tar.gz`, `.tar.zst` and `.zip`",
  "archive/empty":
    "change `include` or `exclude`: globs match paths inside the archive, and `**` matches any folders",
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

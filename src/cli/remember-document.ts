import type { ParseOptions } from "../document/parse.ts";
import { digestOf } from "../model/digest.ts";
import type { Document, NodeRanges } from "../model/document.ts";
import type { Files } from "../model/host.ts";
import { type Result, succeed } from "../model/result.ts";
import type { Serializable } from "../model/serializable.ts";
import type { SourceFile } from "../model/text-range.ts";

/** Raised when the same text is understood in another way than before. */
const FORMAT = 2;

type Remembered = {
  readonly format: typeof FORMAT;
  /** Of the text. */
  readonly digest: string;
  readonly value: Serializable;
  readonly ranges: readonly (readonly [pointer: string, NodeRanges])[];
};

export type ParsedOnce = {
  readonly document: Document;
  /** Spares the next run the parsing; does nothing where this one was spared it. Never rejects: it saves time alone. */
  readonly remember: () => Promise<void>;
};

/**
 * As `parseDocument`, once for each text: with hundreds of models parsing takes as long as all the rest of a run that
 * has nothing to do. The file at `place` ends with its own digest; one that is damaged is as none.
 */
export async function parseOnce(
  file: SourceFile,
  place: string,
  files: Files,
  options?: ParseOptions,
): Promise<Result<ParsedOnce>> {
  const digest = digestOf(file.text);
  const known = await recall(place, digest, files);
  if (known !== undefined)
    return succeed({ document: { file, overlays: [], ...known }, remember: async () => {} });
  const { parseDocument } = await import("../document/parse.ts");
  const parsed = parseDocument(file, options);
  if (!parsed.ok) return parsed;
  const document = parsed.value;
  return succeed({ document, remember: () => remember(document, digest, place, files) });
}

async function remember(
  { file, value, ranges }: Document,
  digest: string,
  place: string,
  files: Files,
): Promise<void> {
  // Less its byte order mark a text is not what it was: the ranges would be off by one.
  if (digestOf(file.text) !== digest) return;
  const text = JSON.stringify({ format: FORMAT, digest, value, ranges: [...ranges] } satisfies Remembered);
  await files.writeAtomically(place, `${text}\n${digestOf(text)}`).catch(() => {});
}

async function recall(
  place: string,
  digest: string,
  files: Files,
): Promise<Pick<Document, "value" | "ranges"> | undefined> {
  const text = await files.readText(place).catch(() => "");
  const [line = "", check] = text.split("\n");
  if (check !== digestOf(line)) return undefined;
  const remembered = JSON.parse(line) as Remembered | null;
  if (remembered?.format !== FORMAT || remembered.digest !== digest) return undefined;
  return { value: remembered.value, ranges: new Map(remembered.ranges) };
}

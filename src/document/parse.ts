import {
  CORE_SCHEMA,
  constructFromEvents,
  EVENT_ID,
  type Event,
  mergeTag,
  parseEvents,
  YAMLException,
} from "js-yaml";
import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Serializable } from "../model/serializable.ts";
import type { SourceFile, TextRange } from "../model/text-range.ts";
import { collectRanges } from "./collect-ranges.ts";
import { findInexactNumbers } from "./find-inexact-numbers.ts";
import { findProblems } from "./find-problems.ts";
import { takeMergeTags } from "./merge-tags.ts";
import { readNodes } from "./read-nodes.ts";
import { wordSyntaxError } from "./word-syntax-error.ts";

/** Of a file that people write. */
const USUAL_MAXIMUM = 1_000_000;

export type ParseOptions = {
  /** In characters. */
  readonly maximumLength?: number;
  /** Whether `!reset` and `!override` may stand in it: in a file that may be merged with others. */
  readonly takesMergeTags?: boolean;
};

const schema = CORE_SCHEMA.withTags(mergeTag);

/**
 * The plain data of a YAML file and the place of every node, or all that is wrong with it as YAML. What it makes of a
 * text is remembered: where that changes, `FORMAT` in `cli/remember-document.ts` is to be raised.
 */
export function parseDocument(given: SourceFile, options: ParseOptions = {}): Result<Document> {
  const { maximumLength = USUAL_MAXIMUM, takesMergeTags = false } = options;
  const file = { path: given.path, text: given.text.replace(/^\uFEFF/, "") };
  if (file.text.length > maximumLength) return fail(tooLarge(maximumLength));
  try {
    const events = parseEvents(file.text, {});
    return compose(file, takesMergeTags ? takeMergeTags(file.text, events) : { events, tags: new Map() });
  } catch (error) {
    if (error instanceof YAMLException) return fail(wordSyntaxError(file, error));
    throw error;
  }
}

function compose(file: SourceFile, { events, tags }: ReturnType<typeof takeMergeTags>): Result<Document> {
  const starts = events.flatMap((event, index) => (event.type === EVENT_ID.DOCUMENT ? [index] : []));
  if (starts[0] === undefined) return fail(emptyFile(file));
  if (starts[1] !== undefined) return fail(severalDocuments(file, events[starts[1] + 1]));
  const [value] = constructFromEvents([...events], { source: file.text, schema, json: true });
  if (value === null || value === undefined) return fail(emptyFile(file));
  const nodes = readNodes(file.text, events, { schema, tags });
  const diagnostics = findProblems(file, nodes);
  if (diagnostics.length > 0) return fail(...diagnostics);
  const { root } = nodes;
  const document = { file, overlays: [], value: value as Serializable, ranges: collectRanges(root) };
  const inexact = findInexactNumbers(document);
  return inexact.length > 0 ? fail(...inexact) : succeed(document);
}

function emptyFile(file: SourceFile) {
  return errorDiagnostic("document/empty", "the file is empty", {
    location: { file, range: { start: 0, end: 0 } },
    hint: "`mlpackage init --force` writes one for the model in the folder",
  });
}

function tooLarge(maximumLength: number) {
  return errorDiagnostic("document/too-large", `the file is larger than ${maximumLength} characters`, {
    ...(maximumLength === USUAL_MAXIMUM && {
      hint: "move long request bodies into separate files, and name them with `body_file`",
    }),
  });
}

function severalDocuments(file: SourceFile, content: Event | undefined) {
  return errorDiagnostic("document/several-documents", "the file holds more than one YAML document", {
    location: { file, range: beginning(file, content) },
    hint: "remove the second `---` and what follows it",
  });
}

function beginning(file: SourceFile, event: Event | undefined): TextRange {
  const start = startOf(event) ?? file.text.length;
  return { start, end: Math.min(start + 1, file.text.length) };
}

function startOf(event: Event | undefined): number | undefined {
  if (event?.type === EVENT_ID.SCALAR && event.valueStart >= 0) return event.valueStart;
  return event !== undefined && "start" in event ? event.start : undefined;
}

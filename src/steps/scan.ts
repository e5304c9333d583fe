import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import { inLanes } from "../model/lanes.ts";
import type { StepOutput } from "../model/outcome.ts";
import { succeed } from "../model/result.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Rules, StepContext, StepKind } from "../model/step-kind.ts";
import { dangerOf } from "../pickles/dangers.ts";
import { type Found, scanFile } from "../pickles/scan-file.ts";
import { demandFile, outputOfFiles, watchFiles } from "./output-files.ts";

/** Of the names of one file, in what is told. */
const MOST_TOLD = 10;

const FILES_AT_ONCE = 4;

/**
 * Looks through what of a model's files may be unpickled. What was found is its output, and no failure: what follows of
 * it is decided whenever it is used.
 *
 * Tells: `pickle/unsafe`, `pickle/unknown-import`, `pickle/unread`.
 */
export const scanKind: StepKind = {
  kind: "scan",
  version: 1,
  summary: "looks through a model's pickles for what they would run",
  shareable: false,
  timeoutMs: 2 * 60 * 60_000,
  attempts: 1,
  async run(step, context) {
    const files = step.needs.flatMap((id) => context.outputOf(id).files);
    const demandUnchanged = await watchFiles(files, context);
    const found = new Map<string, readonly Found[]>();
    await inLanes(files, FILES_AT_ONCE, async (file) => {
      const place = await demandFile(file, context);
      found.set(file.path, await scanFile({ path: file.path, place, size: file.size }, scanOf(context)));
    });
    await demandUnchanged();
    const all = files.flatMap(({ path }) => found.get(path) ?? []);
    return succeed(outputOfFiles([], { found: all } as unknown as SerializableRecord));
  },
  judge: (_step, output, rules) => foundIn(output).flatMap((one) => judge(one, rules)),
  findMissing: async () => undefined,
};

function scanOf({ host, signal }: StepContext) {
  return { files: host.files, signal };
}

function foundIn({ values }: StepOutput): readonly Found[] {
  return (values as unknown as { readonly found: readonly Found[] }).found;
}

function judge({ path, imports, unread }: Found, rules: Rules): readonly Diagnostic[] {
  const named = imports.map((one) => ({ name: `${one.module}.${one.name}`, can: dangerOf(one) }));
  const dangerous = named.flatMap(({ name, can }) => (can === undefined ? [] : [`${name}: ${can}`]));
  const unknown = named.flatMap(({ name, can }) => (can === undefined ? [name] : []));
  return [
    ...(dangerous.length === 0
      ? []
      : [
          word(rules, "pickle/unsafe", `\`${path}\` could run other code when it is loaded`, {
            excerpt: shorten(dangerous),
            hint: "use it only if you trust whoever made it, or save the model as ONNX, safetensors or skops",
          }),
        ]),
    ...(unknown.length === 0
      ? []
      : [
          word(rules, "pickle/unknown-import", `\`${path}\` imports code that is not known to be harmless`, {
            excerpt: shorten(unknown),
            hint: "check that you know this code, of yours or of a library",
          }),
        ]),
    ...(unread === undefined
      ? []
      : [
          word(rules, "pickle/unread", `\`${path}\` could not be scanned: it ${unread}`, {
            hint: "use it only if you trust whoever made it: what it runs is unknown",
          }),
        ]),
  ];
}

type Words = { readonly excerpt?: readonly string[]; readonly hint: string };

function word({ denyUnsafePickle }: Rules, code: string, message: string, words: Words): Diagnostic {
  if (!denyUnsafePickle) return warningDiagnostic(code, message, words);
  return errorDiagnostic(code, message, {
    ...words,
    hint: `${words.hint}; remove \`--deny-unsafe-pickle\` to go on`,
  });
}

function shorten(lines: readonly string[]): readonly string[] {
  const more = lines.length - MOST_TOLD;
  return more <= 0 ? lines : [...lines.slice(0, MOST_TOLD), `and ${more} more`];
}

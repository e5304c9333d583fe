import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { BuildEvent, BuildRequest, LayerCache } from "../model/engine.ts";

const READING = "importing cache manifest from ";
const WRITING = "exporting cache to ";

/** What buildx itself says of a folder; of all other caches a vertex of BuildKit tells. */
const UNREADABLE_FOLDER = /^WARNING: local cache import at (.+) not found due to err: (.*)$/;

/** Follows what becomes of the caches of a build, which goes on without those it cannot read. */
export function followCaches({ cacheTo = [] }: Pick<BuildRequest, "cacheTo">) {
  const warnings: Diagnostic[] = [];
  const isToBeWritten = (place: string): boolean =>
    cacheTo.some(({ ref, dest }) => place === ref || place === dest);
  const read = (place: string, words: string): void => {
    // The first build of all finds nothing where it is going to write.
    if (/not found|no such file/.test(words) && isToBeWritten(place)) return;
    warnings.push(
      warningDiagnostic("build/cache-not-read", `the cache \`${place}\` cannot be read: ${reasonIn(words)}`, {
        hint: hintFor(words, place),
      }),
    );
  };
  return {
    /** Whether an event tells no more than that a cache cannot be read. */
    see(event: BuildEvent): boolean {
      if (event.type !== "vertex-finished" || event.error === undefined) return false;
      const { name, error } = event;
      if (name.startsWith(READING)) read(name.slice(READING.length), error);
      if (name.startsWith(WRITING)) warnings.push({ ...wordUnwritten(error, cacheTo), severity: "warning" });
      return name.startsWith(READING);
    },
    /** Of a build that succeeded; `lines` are those that are no events. */
    warnings(lines: readonly string[]): readonly Diagnostic[] {
      for (const line of lines) {
        const [, place, words = ""] = UNREADABLE_FOLDER.exec(line) ?? [];
        if (place !== undefined) read(place, words);
      }
      return warnings;
    },
  };
}

/** Words why a build failed where a cache is at fault. */
export function wordCacheFailure(
  vertexName: string,
  words: string,
  cacheTo: readonly LayerCache[],
): Diagnostic | undefined {
  if (vertexName.startsWith(WRITING)) return wordUnwritten(words, cacheTo);
  const unknown = /unknown cache (?:ex|im)porter: "?(\w+)/.exec(words)?.[1];
  const isRefused = /cache export is not supported/i.test(words);
  if (unknown === undefined && !isRefused) return undefined;
  const what = unknown === undefined ? "caches of its builds" : `caches of type \`${unknown}\``;
  return errorDiagnostic("build/cache-unsupported", `the engine's default builder does not support ${what}`, {
    hint: isRefused
      ? "turn on the containerd image store in the engine's settings, or set another `build.builder`"
      : "set another `build.builder`, or write `type=registry`",
  });
}

/** BuildKit does not say which of several it was. */
function wordUnwritten(words: string, cacheTo: readonly LayerCache[]): Diagnostic {
  const places = cacheTo.map(({ ref, dest, type = "" }) => `\`${ref ?? dest ?? type}\``).join(" or ");
  const hint = hintFor(words, cacheTo.find(({ ref }) => ref !== undefined)?.ref ?? "");
  return errorDiagnostic(
    "build/cache-not-written",
    `the cache ${places} cannot be written: ${reasonIn(words)}`,
    {
      hint: `${hint}; or add \`ignore-error=true\` in \`build.cache_to\` to build without it`,
    },
  );
}

function hintFor(words: string, place: string): string {
  const [host = ""] = place.split("/");
  if (/40[13]|unauthorized|denied/i.test(words))
    return `type \`docker login ${host}\` with an account that has access`;
  return /not found|no such file/.test(words)
    ? "it is empty: add it to `build.cache_to`, and the next build writes it"
    : "check that it is there, and can be reached from the engine";
}

function reasonIn(words: string): string {
  const [line = ""] = words.split("\n");
  return line.replace(/^failed to configure \w+ cache importer: /, "");
}

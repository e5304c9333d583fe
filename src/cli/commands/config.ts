import { findOrigin } from "../../config/find-origin.ts";
import { interpolate, isVerbatim } from "../../config/interpolate.ts";
import { isList, isMapping } from "../../config/merge-rules.ts";
import { readConfig } from "../../config/read-config.ts";
import { writeOut } from "../../config/write-out.ts";
import { pointerTo } from "../../document/locate.ts";
import { parseDocument } from "../../document/parse.ts";
import { writeYaml } from "../../document/write.ts";
import { maskSecrets } from "../../engines/mask-secrets.ts";
import type { Serializable } from "../../model/serializable.ts";
import { createBuildAids } from "../build-aids.ts";
import { EXIT } from "../exit-code.ts";
import { openPackage, type Package } from "../open-package.ts";
import { refuse } from "../refuse.ts";
import { reportDiagnostics, type Session } from "../session.ts";

/** Prints what the files come to; with `origin`, where every value of it comes from. */
export async function config(session: Session, { origin }: { readonly origin: boolean }): Promise<number> {
  const opened = await openPackage(session);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  const { document, names, config: checked } = opened.value;
  // What other files add, such as the packages of a lock, is not what the configuration says.
  const read = readConfig(document, { ...names, directory: checked.directory });
  if (!read.ok) return refuse(session, ...read.diagnostics);
  const mask = await createMask(session, opened.value);
  const resolved = mapTexts(writeOut(read.value), "", mask);
  const { changed } = interpolate(document, names);
  const originOf = (pointer: string) => mask(findOrigin(document, changed, pointer));
  if (session.options.json) {
    const origins = Object.fromEntries(leavesOf(resolved, "").map((pointer) => [pointer, originOf(pointer)]));
    const told = origin ? { config: resolved, origins } : resolved;
    session.writeData(`${JSON.stringify(told, undefined, 2)}\n`);
    return EXIT.done;
  }
  reportDiagnostics(session, opened.warnings);
  // What has a dollar in it is a text with a variable, where a file is read.
  const text = await writeYaml(
    mapTexts(resolved, "", (one, pointer) => (isVerbatim(pointer) ? one : one.replaceAll("$", "$$$$"))),
  );
  session.writeData(origin ? withOrigins(text, leavesOf(resolved, ""), originOf) : text);
  return EXIT.done;
}

/** What hides passwords: those of the build, wherever they have got to, and those in addresses. */
async function createMask(session: Session, opened: Package): Promise<(text: string) => string> {
  const { readSecrets } = createBuildAids(opened.config, session.host);
  const read = await Promise.all(opened.config.build.secrets.map(({ id }) => readSecrets([id])));
  const mask = maskSecrets(read.flatMap((one) => (one.ok ? one.value : [])));
  return (text: string) => mask.text(text).replace(/(?<=:\/\/)[^/@\s]+(?=@)/g, "***");
}

function mapTexts(
  value: Serializable,
  pointer: string,
  change: (text: string, pointer: string) => string,
): Serializable {
  if (typeof value === "string") return change(value, pointer);
  if (isList(value)) return value.map((item, index) => mapTexts(item, pointerTo(pointer, index), change));
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, mapTexts(member, pointerTo(pointer, key), change)]),
  );
}

/** The pointers of all that holds nothing else. */
function leavesOf(value: Serializable, pointer: string): readonly string[] {
  const members = value !== null && typeof value === "object" ? Object.entries(value) : [];
  if (members.length === 0) return [pointer];
  return members.flatMap(([key, member]) => leavesOf(member, pointerTo(pointer, key)));
}

/** The same YAML with a comment at the end of each line that a value begins on. */
function withOrigins(text: string, leaves: readonly string[], originOf: (pointer: string) => string): string {
  const parsed = parseDocument({ path: "", text });
  if (!parsed.ok) throw new Error("the configuration that was written cannot be read");
  const lines = text.split("\n");
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length - 1;
  for (const pointer of leaves) {
    const place = parsed.value.ranges.get(pointer);
    if (place === undefined) continue;
    // A text of many lines begins on the line before, whose end is no part of it.
    const isBlock = /^[ \t]*$/.test(
      text.slice(text.lastIndexOf("\n", place.value.start - 1) + 1, place.value.start),
    );
    const line = lineAt(place.value.start) - (isBlock ? 1 : 0);
    lines[line] += `  # ${originOf(pointer)}`;
  }
  return lines.join("\n");
}

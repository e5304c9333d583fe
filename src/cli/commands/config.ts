import { createOrigins } from "../../config/find-origin.ts";
import { interpolate, isVerbatim } from "../../config/interpolate.ts";
import { readConfig } from "../../config/read-config.ts";
import { writeOut } from "../../config/write-out.ts";
import { pointerTo } from "../../document/locate.ts";
import { parseDocument } from "../../document/parse.ts";
import { writeYaml } from "../../document/write.ts";
import { type Diagnostic, warningDiagnostic } from "../../model/diagnostic.ts";
import type { Serializable } from "../../model/serializable.ts";
import { createPositions } from "../../model/text-range.ts";
import { createConfigMask, mapLeaves } from "../config-mask.ts";
import { EXIT } from "../exit-code.ts";
import { openPackage } from "../open-package.ts";
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
  const origins = createOrigins(document, interpolate(document, names).changed);
  const mask = await createConfigMask(opened.value, session.host, origins);
  const { value: resolved, hidden } = mask.value(writeOut(read.value));
  const originOf = (pointer: string) => mask.text(origins.wordsOf(pointer));
  warn(session, [...opened.warnings, ...(hidden === 0 ? [] : [wordHidden(hidden)])]);
  if (session.options.json) {
    const told = leavesOf(resolved, "").map((pointer) => [pointer, originOf(pointer)]);
    const data = origin ? { config: resolved, origins: Object.fromEntries(told) } : resolved;
    session.writeData(`${JSON.stringify(data, undefined, 2)}\n`);
    return EXIT.done;
  }
  // What has a dollar in it is a text with a variable, where a file is read.
  const text = await writeYaml(
    mapLeaves(resolved, (one, pointer) =>
      typeof one !== "string" || isVerbatim(pointer) ? one : one.replaceAll("$", "$$$$"),
    ),
  );
  session.writeData(origin ? withOrigins(text, leavesOf(resolved, ""), originOf) : text);
  return EXIT.done;
}

/** As text beside the data: what `--json` prints is the configuration. */
function warn(session: Session, warnings: readonly Diagnostic[]): void {
  reportDiagnostics({ ...session, options: { ...session.options, json: false } }, warnings);
}

function wordHidden(count: number): Diagnostic {
  const values = count === 1 ? "1 value holds a secret" : `${count} values hold secrets`;
  return warningDiagnostic(
    "cli/masked-config",
    `the printed configuration is incomplete: ${values}, printed as \`***\``,
    { hint: "do not build from it: type `mlpackage apply` with the files themselves" },
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
  const positionOf = createPositions(text);
  for (const pointer of leaves) {
    const place = parsed.value.ranges.get(pointer);
    if (place === undefined) continue;
    // A text of many lines begins on the line before, whose end is no part of it.
    const isBlock = /^[ \t]*$/.test(
      text.slice(text.lastIndexOf("\n", place.value.start - 1) + 1, place.value.start),
    );
    const line = positionOf(place.value.start).line - 1 - (isBlock ? 1 : 0);
    lines[line] += `  # ${originOf(pointer)}`;
  }
  return lines.join("\n");
}

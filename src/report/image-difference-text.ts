import { shortDigest } from "../model/digest.ts";
import type {
  FileChange,
  ImageDifference,
  LayerChange,
  ModelChange,
  PackageChange,
  SettingChange,
} from "../model/image-difference.ts";
import { type Paint, painter } from "./paint.ts";
import { visibleText } from "./visible-text.ts";
import { wordBytes } from "./word-transfer.ts";

/** Of each list; the rest is counted. */
const MOST_ENTRIES = 100;

/** What two images differ in, for who reviews it: what matters most first, and one line to sum it up. */
export function imageDifferenceToText(difference: ImageDifference, color: boolean): string {
  const { models, packages, code, settings, base, layers, unread } = difference;
  const paint = painter(color);
  const lines = difference.isSame
    ? []
    : [
        ...section("models", models.map(wordModel), paint),
        ...section("Python packages", packages.python.map(wordPackage), paint),
        ...section("packages of conda", packages.conda.map(wordPackage), paint),
        ...section("system packages", packages.system.map(wordPackage), paint),
        ...section(
          "code",
          code.map((change) => wordFile(change, paint)),
          paint,
        ),
        ...section("settings", settings.map(wordSetting), paint),
        ...section("base", base.map(wordSetting), paint),
        ...section("layers", layers.map(wordLayer), paint),
        ...section(
          "not read",
          unread.map((phrase) => [visibleText(phrase)]),
          paint,
        ),
      ];
  return `${[...lines, wordSummary(difference)].join("\n")}\n`;
}

type Entry = readonly string[];

function section(title: string, entries: readonly Entry[], paint: Paint): readonly string[] {
  if (entries.length === 0) return [];
  const more = entries.length - MOST_ENTRIES;
  const lines = entries.slice(0, MOST_ENTRIES).flat();
  return [
    paint("bold", title),
    ...lines.map((line) => `  ${line}`),
    ...(more > 0 ? [`  and ${more} more; \`--json\` lists them`] : []),
    "",
  ];
}

function wordModel({ name, change, from, to, files }: ModelChange): Entry {
  const version = wordArrow(from && wordVersion(from.version), to && wordVersion(to.version));
  const size = wordArrow(from && wordBytes(from.size), to && wordBytes(to.size));
  return [
    `${MARKS[change]} ${visibleText(name)}: ${visibleText(version)}, ${size}`,
    ...files.slice(0, MOST_ENTRIES).map((file) => `    ${wordFileLine(file)}`),
    ...(files.length > MOST_ENTRIES ? [`    and ${files.length - MOST_ENTRIES} more files`] : []),
  ];
}

const MARKS = { added: "+", removed: "-", changed: "~", unknown: "?" } as const;

function wordVersion(version: string | undefined): string {
  return version === undefined ? "a version that was not read" : `version ${version}`;
}

/** Of two that are the same, one. */
function wordArrow(from: string | undefined, to: string | undefined): string {
  if (from === undefined || to === undefined || from === to) return from ?? to ?? "";
  return `${from} → ${to}`;
}

function wordFileLine({ path, change, from, to, lines }: FileChange): string {
  const size = wordArrow(from && wordBytes(from.size), to && wordBytes(to.size));
  const digest = wordArrow(from?.digest && shortDigest(from.digest), to?.digest && shortDigest(to.digest));
  const facts = [
    ...(lines === undefined ? [] : [`+${lines.added} −${lines.removed}`]),
    ...(size === "" ? [] : [size]),
    ...(digest === "" ? [] : [digest]),
    ...(change === "unknown" ? ["of the same size, and not read: `--full` does"] : []),
  ];
  return `${MARKS[change]} ${visibleText(path)} (${facts.join(", ")})`;
}

function wordFile(change: FileChange, paint: Paint): Entry {
  const { lines } = change;
  if (lines === undefined) return [wordFileLine(change)];
  return [
    wordFileLine(change),
    ...lines.shown.map((line) => `  ${paintLine(visibleText(line), paint)}`),
    ...(lines.omitted > 0 ? [`  and ${lines.omitted} more lines`] : []),
  ];
}

function paintLine(line: string, paint: Paint): string {
  if (line.startsWith("+")) return paint("green", line);
  if (line.startsWith("-")) return paint("red", line);
  return line.startsWith("@") ? paint("cyan", line) : line;
}

function wordPackage({ name, from, to }: PackageChange): Entry {
  const words = visibleText(`${name} ${wordArrow(from, to)}`);
  return [`${from === undefined ? "+" : to === undefined ? "-" : "~"} ${words}`];
}

function wordSetting({ what, change, from, to }: SettingChange): Entry {
  const values = from === undefined && to === undefined ? change : wordArrow(from, to);
  return [`${MARKS[change]} ${visibleText(`${what}: ${values}`)}`];
}

function wordLayer({ part, from, to }: LayerChange): Entry {
  const size = from === to ? `${wordBytes(to)} as before` : wordArrow(wordBytes(from), wordBytes(to));
  return [`~ ${visibleText(part)}: ${size}`];
}

function wordSummary({ first, second, isSame, ...difference }: ImageDifference): string {
  const names = visibleText(`${first.reference} and ${second.reference}`);
  if (isSame) {
    const isOfDigest = first.digest === second.digest;
    return isOfDigest ? `${names} are the same: ${first.digest}` : `${names} hold the same`;
  }
  const { models, packages, code, settings, base, layers } = difference;
  const counts = [
    wordCount(models.length, "model"),
    wordCount(packages.python.length + packages.conda.length + packages.system.length, "package"),
    wordCount(code.length, "file", " of the code"),
    wordCount(settings.length, "setting"),
    base.length > 0 ? ["the base image"] : [],
  ].flat();
  return `${names} differ in ${counts.length > 0 ? counts.join(", ") : wordCount(layers.length, "layer")}`;
}

function wordCount(count: number, what: string, of = ""): readonly string[] {
  return count === 0 ? [] : [`${count} ${what}${count === 1 ? "" : "s"}${of}`];
}

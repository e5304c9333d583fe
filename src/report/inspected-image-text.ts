import type { DescribedLayer } from "../model/image.ts";
import type {
  InspectedFile,
  InspectedImage,
  InspectedModel,
  InspectedPackage,
  PackageKind,
} from "../model/inspected-image.ts";
import { visibleText } from "./visible-text.ts";
import { wordBytes } from "./word-transfer.ts";

/** Files of a model, and of the code, beyond these are counted. */
const MOST_FILES = 50;

/** What an image holds, for people: what it is first, then what is in it. */
export function inspectedImageToText(image: InspectedImage): string {
  const lines = [
    `${image.reference}, from ${ORIGINS[image.from]}`,
    ...wordFacts(image),
    ...section("models", image.models.flatMap(wordModel)),
    ...section("code", wordFiles(image.code, "")),
    ...PACKAGE_SECTIONS.flatMap(([kind, title]) => section(title, wordPackages(image.packages[kind], image))),
    ...section(`layers, ${wordBytes(sizeOf(image.layers))}, by size`, wordLayers(image.layers)),
    ...section("variables", image.variables.map(wordVariable)),
    ...section(
      "labels",
      Object.entries(image.labels).map(([name, value]) => `${name}: ${value}`),
    ),
    ...section("not read", image.unread),
  ];
  return `${lines.map(visibleText).join("\n")}\n`;
}

const ORIGINS = {
  registry: "its registry",
  engine: "the engine",
  archive: "an archive",
  folder: "the folder of a layout",
} as const;

const PACKAGE_SECTIONS = [
  ["python", "Python packages"],
  ["conda", "packages of conda"],
  ["system", "system packages"],
] as const satisfies readonly (readonly [PackageKind, string])[];

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}

function wordFacts(image: InspectedImage): readonly string[] {
  const { platform, platforms, base, entrypoint, command, serverVersion } = image;
  const others = platforms.filter((one) => one !== platform);
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["digest", image.digest],
    ["index", image.index],
    ["platform", others.length === 0 ? platform : `${platform}; there is ${others.join(", ")} as well`],
    ["created", image.created],
    ["made by", image.isOurs ? "mlpackage" : "another tool: what is a model and what is code is not known"],
    ["base", base === undefined ? undefined : [base.reference, base.digest].filter(Boolean).join(", ")],
    ["server", serverVersion === undefined ? undefined : `mlpackage ${serverVersion}`],
    ["entry point", entrypoint.length === 0 ? undefined : JSON.stringify(entrypoint)],
    ["command", command.length === 0 ? undefined : JSON.stringify(command)],
    ["port", image.ports.join(", ")],
    ["user", image.user === "" ? "root, since none is named" : image.user],
    ["folder", image.workingDirectory],
    ["attested", wordAttestations(image)],
  ];
  return rows.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [`  ${name.padEnd(12)}${value}`],
  );
}

function wordAttestations({ attestations }: InspectedImage): string {
  if (!attestations.isKnown) return `not known: ${attestations.why}`;
  const { signatures, sboms, provenances, others } = attestations;
  const found = [
    wordCount(signatures, "signed statement"),
    wordCount(sboms, "SBOM"),
    wordCount(provenances, "provenance"),
    wordCount(others, "other"),
  ].flat();
  const hint = signatures > 0 ? "; `mlpackage verify --key FILE --no-rebuild IMAGE` checks who signed" : "";
  return found.length === 0
    ? "no: nothing lies beside it, and it is not signed"
    : `${found.join(", ")}${hint}`;
}

function wordCount(count: number, what: string): readonly string[] {
  return count === 0 ? [] : [`${count} ${what}${count === 1 ? "" : "s"}`];
}

function wordModel({ name, version, size, files, layers }: InspectedModel): readonly string[] {
  const words = version === undefined ? "of a version that was not read" : `version ${version}`;
  const where = `${layers.length} ${layers.length === 1 ? "layer" : "layers"}`;
  return [`${name}, ${words}, ${wordBytes(size)} in ${where}`, ...wordFiles(files, "  ")];
}

function wordFiles(files: readonly InspectedFile[], indent: string): readonly string[] {
  const rows = files
    .slice(0, MOST_FILES)
    .map(
      ({ path, size, digest }) => `${indent}${wordBytes(size).padStart(7)}  ${digest ?? "not read"}  ${path}`,
    );
  return files.length <= MOST_FILES ? rows : [...rows, `${indent}and ${files.length - MOST_FILES} more`];
}

/** What the base brings is counted, where the base is known. */
function wordPackages(packages: readonly InspectedPackage[], { isOurs }: InspectedImage): readonly string[] {
  const own = packages.filter(({ isOfBase }) => !isOfBase);
  const others = packages.length - own.length;
  if (!isOurs && packages.length > MOST_FILES) return [`${packages.length}; \`--json\` lists them`];
  return [
    ...own.map(({ name, version }) => `${name} ${version}`),
    ...(others > 0 ? [`${own.length > 0 ? "and " : ""}${others} of the base image`] : []),
  ];
}

function wordLayers(layers: readonly DescribedLayer[]): readonly string[] {
  const numbered = layers.map((layer, index) => ({ layer, number: index + 1 }));
  return numbered
    .toSorted((a, b) => b.layer.size - a.layer.size)
    .map(({ layer, number }) => {
      const { size, part, name, createdBy } = layer;
      const what = name === undefined ? PARTS[part] : `${PARTS[part]} ${name}`;
      const made = part === "base" || part === "other" ? (createdBy ?? "") : "";
      return `${wordBytes(size).padStart(7)}  ${String(number).padStart(2)}  ${what}${made === "" ? "" : `: ${shorten(made)}`}`;
    });
}

const PARTS = {
  base: "base image",
  "system-packages": "system packages",
  packages: "packages",
  model: "model",
  server: "server",
  code: "code",
  other: "other",
} as const;

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

function wordVariable({ name, value }: InspectedImage["variables"][number]): string {
  return value === undefined ? `${name} (its value is not shown)` : `${name}=${value}`;
}

function sizeOf(layers: readonly DescribedLayer[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}

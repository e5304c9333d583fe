import type { DescribedLayer } from "../../model/image.ts";
import type {
  InspectedFile,
  InspectedModel,
  InspectedPackage,
  PackageKind,
} from "../../model/inspected-image.ts";
import { codePathOf, type Fact, type LayerFacts, modelPathOf } from "./layer-facts.ts";

/** What the layers of an image come to, each over those below it. */
export type MergedFacts = {
  readonly models: readonly InspectedModel[];
  readonly code: readonly InspectedFile[];
  /** Of the code, by path: of short files that are text. */
  readonly texts: ReadonlyMap<string, string>;
  readonly packages: Readonly<Record<PackageKind, readonly InspectedPackage[]>>;
  readonly serverVersion?: string;
};

/** A layer, and what it says; undefined where it was not read. */
export type ReadLayer = { readonly layer: DescribedLayer; readonly facts: LayerFacts | undefined };

type Kept = Exclude<Fact, { readonly kind: "removal" }> & { readonly layer: DescribedLayer };

export function mergeFacts(layers: readonly ReadLayer[]): MergedFacts {
  const kept = new Map<string, Kept>();
  let base: ReadonlySet<string> = new Set();
  for (const { layer, facts } of layers) {
    const removals = (facts?.facts ?? []).filter((fact) => fact.kind === "removal");
    if (removals.length > 0) removeFrom(kept, removals);
    for (const fact of facts?.facts ?? [])
      if (fact.kind !== "removal") kept.set(fact.path, { ...fact, layer });
    if (layer.part === "base") base = new Set(packagesIn(kept).map(nameOfPackage));
  }
  const facts = [...kept.values()];
  const packages = packagesIn(kept).map((one) => ({ ...one, isOfBase: base.has(nameOfPackage(one)) }));
  const ofKind = (kind: PackageKind) =>
    packages
      .filter((one) => one.kind === kind)
      .map(({ name, version, isOfBase }) => ({ name, version, isOfBase }))
      .sort((a, b) => compareTexts(a.name.toLowerCase(), b.name.toLowerCase()));
  const server = facts.find((fact) => fact.kind === "server");
  const code = facts.flatMap((fact) => (fact.kind === "code" ? [fact] : []));
  return {
    models: modelsOf(layers, facts),
    code: code.map((fact) => fileOf(codePathOf(fact.path), fact)).sort(byPath),
    texts: new Map(
      code.flatMap(({ path, text }) => (text === undefined ? [] : [[codePathOf(path), text] as const])),
    ),
    packages: { python: ofKind("python"), conda: ofKind("conda"), system: ofKind("system") },
    ...(server !== undefined && { serverVersion: server.version }),
  };
}

/** What lies where a layer takes something away, or below there. */
function removeFrom(
  kept: Map<string, Kept>,
  removals: readonly Extract<Fact, { readonly kind: "removal" }>[],
): void {
  const contents = new Set(removals.filter((one) => one.isOfContents).map(({ path }) => path));
  const paths = new Set(removals.filter((one) => !one.isOfContents).map(({ path }) => path));
  for (const path of kept.keys()) {
    const above = foldersAbove(path);
    if (paths.has(path) || above.some((folder) => paths.has(folder) || contents.has(folder)))
      kept.delete(path);
  }
}

/** `a/b/c` lies in `a/b`, in `a`, and in the root. */
function foldersAbove(path: string): readonly string[] {
  const folders = [""];
  for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1))
    folders.push(path.slice(0, end));
  return folders;
}

type FoundPackage = { readonly kind: PackageKind; readonly name: string; readonly version: string };

/** Each once, in however many places it is installed. */
function packagesIn(kept: ReadonlyMap<string, Kept>): readonly FoundPackage[] {
  const found = [...kept.values()].flatMap((fact): readonly FoundPackage[] => {
    if (fact.kind === "system") return fact.packages.map((one) => ({ kind: "system", ...one }));
    if (fact.kind !== "python" && fact.kind !== "conda") return [];
    return [{ kind: fact.kind, name: fact.name, version: fact.version }];
  });
  return [...new Map(found.map((one) => [nameOfPackage(one), one])).values()];
}

function nameOfPackage({ kind, name, version }: FoundPackage): string {
  return JSON.stringify([kind, name, version]);
}

function modelsOf(layers: readonly ReadLayer[], facts: readonly Kept[]): readonly InspectedModel[] {
  const models = new Map<string, { name: string; version?: string; files: InspectedFile[] }>();
  for (const fact of facts) {
    const place = fact.kind === "model-file" ? modelPathOf(fact.path) : undefined;
    if (fact.kind !== "model-file" || place === undefined) continue;
    const { name, version, path } = place;
    const id = JSON.stringify([name, version]);
    const model = models.get(id) ?? { name, version, files: [] };
    model.files.push(fileOf(path, fact));
    models.set(id, model);
  }
  const named = layers.flatMap(({ layer: { part, name } }) =>
    part === "model" && name !== undefined ? [name] : [],
  );
  const known = new Set([...models.values()].map(({ name }) => name));
  for (const name of new Set(named)) if (!known.has(name)) models.set(name, { name, files: [] });
  return [...models.values()]
    .map(({ files, ...model }) => {
      const own = layers.filter(({ layer }) => layer.part === "model" && layer.name === model.name);
      return {
        ...model,
        size: own.reduce((sum, { layer }) => sum + layer.size, 0),
        layers: own.map(({ layer }) => layer.digest),
        files: files.sort(byPath),
      };
    })
    .sort((a, b) => compareTexts(a.name, b.name));
}

function fileOf(path: string, { size, digest }: Pick<InspectedFile, "size" | "digest">): InspectedFile {
  return { path, size, ...(digest !== undefined && { digest }) };
}

function byPath(a: InspectedFile, b: InspectedFile): number {
  return compareTexts(a.path, b.path);
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

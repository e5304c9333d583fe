import type { DescribedLayer } from "../../model/image.ts";
import type {
  ComparedImage,
  ImageDifference,
  LayerChange,
  ModelChange,
  PackageChange,
} from "../../model/image-difference.ts";
import {
  type InspectedImage,
  type InspectedModel,
  type InspectedPackage,
  PACKAGE_KINDS,
  type PackageKind,
} from "../../model/inspected-image.ts";
import { compareFiles, withLines } from "./compare-files.ts";
import { compareBase, compareSettings } from "./compare-settings.ts";
import type { ReadSettings } from "./read-settings.ts";

/** One of two images: what is shown of it, and what is compared besides. */
export type ComparableImage = Pick<ReadSettings, "variables" | "labels" | "settings"> & {
  readonly shown: InspectedImage;
  /** Of short files of the code, by path. */
  readonly texts: ReadonlyMap<string, string>;
};

export async function compareInspected(
  first: ComparableImage,
  second: ComparableImage,
): Promise<ImageDifference> {
  const [a, b] = [first.shown, second.shown];
  const found = {
    models: compareModels(a.models, b.models),
    packages: comparePackages(a.packages, b.packages),
    code: await withLines(compareFiles(a.code, b.code), first.texts, second.texts),
    settings: compareSettings(first, second),
    base: compareBase(a.base, b.base),
    layers: compareLayers(a.layers, b.layers),
  };
  const { packages, ...lists } = found;
  const count = [...Object.values(lists), ...Object.values(packages)].reduce(
    (sum, { length }) => sum + length,
    0,
  );
  return {
    format: 1,
    ...{ first: nameOf(a), second: nameOf(b) },
    isSame: a.digest === b.digest || count === 0,
    ...found,
    unread: [...new Set([...a.unread, ...b.unread])],
  };
}

function nameOf({ reference, from, digest, platform }: InspectedImage): ComparedImage {
  return { reference, from, digest, platform };
}

type Models = readonly InspectedModel[];

/** A model in another version is the same model, where there is one of its name in either image. */
function compareModels(first: Models, second: Models): readonly ModelChange[] {
  const names = [...new Set([...first, ...second].map(({ name }) => name))].sort();
  return names.flatMap((name) => {
    const [before, after] = [first, second].map((models) => models.filter((model) => model.name === name));
    return pairUp(before ?? [], after ?? []).flatMap(([from, to]) => compareModel(name, from, to) ?? []);
  });
}

type Pair = readonly [InspectedModel | undefined, InspectedModel | undefined];

/** Those of the same version, and what is left of either in its order. */
function pairUp(first: Models, second: Models): readonly Pair[] {
  const isIn = (models: Models, { version }: InspectedModel) => models.some((one) => one.version === version);
  const same = first.flatMap((from): readonly Pair[] => {
    const to = second.find(({ version }) => version === from.version);
    return to === undefined ? [] : [[from, to]];
  });
  const before = first.filter((model) => !isIn(second, model));
  const after = second.filter((model) => !isIn(first, model));
  const rest = Array.from(
    { length: Math.max(before.length, after.length) },
    (_, index): Pair => [before[index], after[index]],
  );
  return [...same, ...rest];
}

function compareModel(name: string, ...[from, to]: Pair): ModelChange | undefined {
  const sides = {
    ...(from !== undefined && { from: describe(from) }),
    ...(to !== undefined && { to: describe(to) }),
  };
  const files = compareFiles(from?.files ?? [], to?.files ?? []);
  if (from === undefined) return { name, change: "added", ...sides, files };
  if (to === undefined) return { name, change: "removed", ...sides, files };
  // Equal layers hold equal files, read or not.
  const isSame = from.version === to.version && String(from.layers) === String(to.layers);
  const hasChanged = from.version !== to.version || files.length > 0 || !areRead(from, to);
  return isSame || !hasChanged ? undefined : { name, change: "changed", ...sides, files };
}

function areRead(...models: Models): boolean {
  return models.every(({ files }) => files.length > 0);
}

function describe({ version, size }: InspectedModel) {
  return { ...(version !== undefined && { version }), size };
}

function comparePackages(first: InspectedImage["packages"], second: InspectedImage["packages"]) {
  return Object.fromEntries(
    PACKAGE_KINDS.map((kind) => [kind, compareVersions(first[kind], second[kind])]),
  ) as Readonly<Record<PackageKind, readonly PackageChange[]>>;
}

type Packages = readonly InspectedPackage[];

function compareVersions(first: Packages, second: Packages): readonly PackageChange[] {
  const [before, after] = [versionsOf(first), versionsOf(second)];
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name) => {
    const [from, to] = [before.get(name), after.get(name)];
    if (from === to) return [];
    return [{ name, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
  });
}

/** One may be installed twice. */
function versionsOf(packages: Packages): ReadonlyMap<string, string> {
  const versions = new Map<string, readonly string[]>();
  for (const { name, version } of packages) versions.set(name, [...(versions.get(name) ?? []), version]);
  return new Map([...versions].map(([name, all]) => [name, all.toSorted().join(", ")]));
}

type Layers = readonly DescribedLayer[];

/** What each part takes, of those whose contents are others: how a layer is compressed does not matter. */
function compareLayers(first: Layers, second: Layers): readonly LayerChange[] {
  const parts = [...new Set([...first, ...second].map(wordPart))];
  return parts.flatMap((part) => {
    const [before, after] = [first, second].map((layers) =>
      layers.filter((layer) => wordPart(layer) === part),
    );
    const [from, to] = [before ?? [], after ?? []];
    const isSame = String(from.map(({ diffId }) => diffId)) === String(to.map(({ diffId }) => diffId));
    return isSame ? [] : [{ part, from: sizeOf(from), to: sizeOf(to) }];
  });
}

function wordPart({ part, name }: DescribedLayer): string {
  return part === "model" ? `model ${name ?? ""}` : part;
}

function sizeOf(layers: Layers): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}

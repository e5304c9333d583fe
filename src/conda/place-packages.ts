import { BadPackage } from "./bad-package.ts";
import { orderPackages } from "./order-packages.ts";
import type { EntryPoint, PackageInfo, PackagePath } from "./read-info.ts";

/** Where the environment is in the image. */
export const PREFIX = "/opt/conda";

/** A package, and what of it goes where; paths are relative to the environment. */
export type PlacedPackage = {
  readonly info: PackageInfo;
  /** By the path in the archive. */
  readonly placed: ReadonlyMap<string, Placed>;
  /** Whatever is not in the archive. */
  readonly written: readonly WrittenFile[];
  /** In bytes, as the package says. */
  readonly size: number;
};

export type Placed = Pick<PackagePath, "kind" | "placeholder"> & { readonly path: string };

export type WrittenFile = { readonly path: string; readonly text: string; readonly isExecutable: boolean };

export type Environment = {
  /** What is needed first comes first. */
  readonly packages: readonly PlacedPackage[];
  readonly clashes: readonly Clash[];
};

/** A path that several packages have, with other bytes, and whose is taken. */
export type Clash = { readonly path: string; readonly taken: string; readonly left: readonly string[] };

/**
 * Finds where everything of an environment goes. Of a path that several packages have, the bytes are those of the package
 * that needs the others, or the last by its name, as conda has it. Throws a `BadPackage`, with the package's name before.
 */
export function placePackages(infos: readonly PackageInfo[]): Environment {
  const ordered = orderPackages(infos);
  const python = ordered.find(({ name }) => name === "python");
  const claims = ordered.flatMap((info) =>
    named(info.name, () => [
      ...info.paths.map((path): Claim => ({ info, source: path, path: targetOf(path.path, info, python) })),
      ...scriptsOf(info, python).map((file): Claim => ({ info, file, path: file.path })),
    ]),
  );
  const owners = new Map<string, Claim>();
  const clashes = new Map<string, Claim[]>();
  for (const claim of claims) {
    const before = owners.get(claim.path);
    if (before !== undefined && isSame(before, claim)) continue;
    if (before !== undefined) clashes.set(claim.path, [...(clashes.get(claim.path) ?? [before]), claim]);
    owners.set(claim.path, claim);
  }
  refuseFilesAsFolders(owners);
  return {
    packages: ordered.map((info) => placedOf(info, owners)),
    clashes: [...clashes].map(([path, all]) => ({
      path,
      taken: all.at(-1)?.info.name ?? "",
      left: all.slice(0, -1).map(({ info }) => info.name),
    })),
  };
}

type Claim = { readonly info: PackageInfo; readonly path: string } & (
  | { readonly source: PackagePath; readonly file?: undefined }
  | { readonly file: WrittenFile; readonly source?: undefined }
);

/** The same file twice is no clash; of links, the archive alone tells where they lead. */
function isSame({ source: one }: Claim, { source: other }: Claim): boolean {
  if (one === undefined || other === undefined || one.kind !== other.kind) return false;
  if (one.kind === "directory") return true;
  return (
    one.digest !== "" && one.digest === other.digest && one.placeholder?.text === other.placeholder?.text
  );
}

function targetOf(path: string, info: PackageInfo, python: PackageInfo | undefined): string {
  if (!info.isNoarchPython) return path;
  const [first, ...rest] = path.split("/");
  if (first === "site-packages") return [sitePackagesOf(python), ...rest].join("/");
  return first === "python-scripts" ? ["bin", ...rest].join("/") : path;
}

function sitePackagesOf(python: PackageInfo | undefined): string {
  if (python?.sitePackages === undefined)
    throw new BadPackage("is for Python, and no Python is among the packages");
  return python.sitePackages;
}

function scriptsOf(info: PackageInfo, python: PackageInfo | undefined): readonly WrittenFile[] {
  if (info.entryPoints.length === 0) return [];
  const [, minor] = /^(\d+\.\d+)/.exec(python?.version ?? "") ?? [];
  if (minor === undefined) throw new BadPackage("is for Python, and no Python is among the packages");
  return info.entryPoints.map((point) => ({
    path: `bin/${point.name}`,
    text: scriptOf(point, `${PREFIX}/bin/python${minor}`),
    isExecutable: true,
  }));
}

function scriptOf({ module, function: callee }: EntryPoint, interpreter: string): string {
  const [first = ""] = callee.split(".");
  return [
    `#!${interpreter}`,
    "import sys",
    "",
    `from ${module} import ${first}`,
    "",
    'if __name__ == "__main__":',
    `    sys.exit(${callee}())`,
    "",
  ].join("\n");
}

/** What is a file, or a link, of one package cannot be a folder of another. */
function refuseFilesAsFolders(owners: ReadonlyMap<string, Claim>): void {
  for (const { path, info } of owners.values()) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const above = owners.get(path.slice(0, end));
      if (above === undefined || above.source?.kind === "directory") continue;
      throw new BadPackage(
        `\`${info.name}\` has \`${path}\`, and \`${above.path}\` is no folder in \`${above.info.name}\``,
      );
    }
  }
}

function placedOf(info: PackageInfo, owners: ReadonlyMap<string, Claim>): PlacedPackage {
  const own = [...owners.values()].filter((claim) => claim.info === info);
  const placed = own.flatMap(({ source, path }) =>
    source === undefined ? [] : [[source.path, { kind: source.kind, path, ...held(source) }] as const],
  );
  return {
    info,
    placed: new Map(placed),
    written: own.flatMap(({ file }) => file ?? []),
    size: info.paths.reduce((total, { size }) => total + size, 0),
  };
}

function held({ placeholder }: PackagePath): Pick<PackagePath, "placeholder"> {
  return placeholder === undefined ? {} : { placeholder };
}

/** What is wrong with a package, with its name before. */
function named<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw withName(name, error);
  }
}

export function withName(name: string, error: unknown): unknown {
  return error instanceof BadPackage ? new BadPackage(`\`${name}\` ${error.message}`) : error;
}

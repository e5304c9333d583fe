/** What the file of a package of conda is called by. */
export type CondaArchive = { readonly name: string; readonly version: string; readonly build: string };

const ARCHIVE = /^([a-z0-9_][a-z0-9._-]*)-([A-Za-z0-9_.!+]+)-([A-Za-z0-9_.+]+)\.conda$/;

/** `name-version-build.conda`; undefined where a file has no such name. */
export function parseCondaArchive(file: string): CondaArchive | undefined {
  const [, name, version, build] = ARCHIVE.exec(file) ?? [];
  if (name === undefined || version === undefined || build === undefined) return undefined;
  return { name, version, build };
}

/** Whether a file is called as an archive of that package is. */
export function isCondaArchive(file: string, name: string): boolean {
  return parseCondaArchive(file)?.name === name;
}

/** The last part of an address. */
export function fileOfUrl(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}

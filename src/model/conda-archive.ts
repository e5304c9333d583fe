/** What the file of a package of conda is called by. */
export type CondaArchive = { readonly name: string; readonly version: string; readonly build: string };

const ARCHIVE = /^([a-z0-9_][a-z0-9._-]*)-([A-Za-z0-9_.!+]+)-([A-Za-z0-9_.+]+)\.conda$/;

/** `name-version-build.conda`; undefined where a file has no such name. */
export function parseCondaArchive(file: string): CondaArchive | undefined {
  const [, name, version, build] = ARCHIVE.exec(file) ?? [];
  if (name === undefined || version === undefined || build === undefined) return undefined;
  return { name, version, build };
}

/** Without a user, a query or a fragment, and with nothing that a shell or a Dockerfile would read. */
const ADDRESS = /^https?:\/\/[A-Za-z0-9.:[\]-]+\/[A-Za-z0-9._~+!%/-]+$/;

/** Whether a text is the address of an archive of that package, and of nothing more. */
export function isCondaAddress(text: string, name: string): boolean {
  return ADDRESS.test(text) && URL.canParse(text) && parseCondaArchive(fileOfUrl(text))?.name === name;
}

/** The last part of an address. */
export function fileOfUrl(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}

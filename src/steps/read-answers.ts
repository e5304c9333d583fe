import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { isDigest } from "../model/digest.ts";
import type { LockedPackages, LockedPythonPackage } from "../model/lock-file.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";

/** Lines of `name architecture version`, as name → version; one of a foreign architecture is called `name:architecture`. */
export function readSystemPackages(text: string, architecture: string): LockedPackages["systemPackages"] {
  const lines = text.split("\n").filter((line) => line !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const [name = "", own = "", version = ""] = line.split(" ");
      return [own === architecture || own === "all" ? name : `${name}:${own}`, version];
    }),
  );
}

/** https://pip.pypa.io/en/stable/reference/installation-report/ */
type PipReport = { readonly install: readonly PipInstall[] };

type PipInstall = {
  readonly metadata: { readonly name: string; readonly version: string };
  readonly is_direct: boolean;
  readonly download_info: {
    readonly url: string;
    /** Of the archive, where the package lies. */
    readonly subdirectory?: string;
    readonly archive_info?: { readonly hash?: string; readonly hashes?: { readonly sha256?: string } };
  };
};

/**
 * What pip would install, by the reports it wrote; of a package that is in several, the first counts.
 *
 * Errors: `packages/no-digest` for what is no archive, `packages/secret-address`.
 */
export function readPipReports(texts: readonly string[]): Result<readonly LockedPythonPackage[]> {
  const installs = texts.flatMap((text) => (JSON.parse(text) as PipReport).install);
  const packages = combine(installs.map(readInstall));
  if (!packages.ok) return packages;
  const first = new Map(packages.value.toReversed().map((one) => [one.name, one]));
  return succeed([...first.values()].sort((a, b) => (a.name < b.name ? -1 : 1)));
}

function readInstall(install: PipInstall): Result<LockedPythonPackage> {
  const { metadata, is_direct: isDirect, download_info: download } = install;
  // Before pip 23 there is only `hash`: `sha256=…`.
  const { hashes, hash = "" } = download.archive_info ?? {};
  const digest = `sha256:${hashes?.sha256 ?? hash.replace(/^sha256=/, "")}`;
  const isAddress = /^https?:/.test(download.url);
  const place = download.subdirectory === undefined ? "" : `#subdirectory=${download.subdirectory}`;
  if (isDirect && isAddress && /[?#]|\/\/[^/]*@/.test(download.url)) return fail(wordSecret(metadata.name));
  if (isDirect && !isAddress) return fail(wordUnlockable(metadata.name, download.url));
  if (!isDigest(digest)) return fail(wordNoDigest(metadata.name));
  return succeed({
    name: metadata.name.toLowerCase().replace(/[-_.]+/g, "-"),
    version: metadata.version,
    digest,
    ...(isDirect && { url: `${download.url}${place}` }),
  });
}

function wordUnlockable(name: string, url: string): Diagnostic {
  const where = /^[a-z]*file:/.test(url) ? "a path" : "a repository";
  return errorDiagnostic(
    "packages/no-digest",
    `\`${name}\` is required by ${where}, which cannot be locked`,
    {
      hint: "type `pip wheel --wheel-dir wheels SOURCE`, and add `find_links: [wheels]`",
      details: { subject: name },
    },
  );
}

function wordNoDigest(name: string): Diagnostic {
  return errorDiagnostic("packages/no-digest", `pip gives no SHA-256 for \`${name}\``, {
    hint: "its index has none: put the wheel into a folder, and add that as `find_links`",
    details: { subject: name },
  });
}

/** A lock is for everybody to read. */
function wordSecret(name: string): Diagnostic {
  return errorDiagnostic(
    "packages/secret-address",
    `the address of \`${name}\` may contain a secret, and would be written to the lock`,
    {
      hint: "require it by name and version from an index, or put its wheel into a folder in `find_links`",
      details: { subject: name },
    },
  );
}

/** The file that pip installs from: exact versions, each with its digest. */
export function writeRequirements(
  packages: readonly LockedPythonPackage[],
  options: readonly string[],
): string {
  const lines = packages.map(({ name, version, digest, url }) => {
    const wanted = url === undefined ? `${name}==${version}` : `${name} @ ${url}`;
    return `${wanted} --hash=${digest}`;
  });
  return [...options, ...lines, ""].join("\n");
}

import { type Marker, parseMarker, renderMarker } from "./marker.ts";

/** One requirement as PEP 508 has it, with the digests of the files that will do. */
export type Requirement = {
  /** In the normal form of PEP 503. */
  readonly name: string;
  readonly extras: readonly string[];
  /** `>=1.0,<2`; empty where any version will do. */
  readonly versions: string;
  /** Of an archive, where it is asked for by its address. */
  readonly url?: string;
  readonly marker: Marker;
  /** `sha256:` and the like. */
  readonly hashes: readonly string[];
};

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const CLAUSE = /^(?:===?|~=|!=|<=|>=|<|>)\s*v?[A-Za-z0-9](?:[A-Za-z0-9.!+_-]*[A-Za-z0-9])?(?:\.\*)?$/;
export const VERSION = /^[A-Za-z0-9](?:[A-Za-z0-9.!+_-]*[A-Za-z0-9])?$/;
/** Digests that pip takes. */
export const HASH = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;
/**
 * Printable ASCII: pip ends a line where Python does, at U+0085 and others. Without a `$`: of `${NAME}` pip makes what
 * the base image has under that name. Without a user, a query or a comment.
 */
const ADDRESS = /^https?:\/\/[!%&(-:<=>A-[\]-~]+$/;
const SUBDIRECTORY = /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[A-Za-z0-9._/-]+$/;

/** More than anybody's requirement. */
const LONGEST = 2_000;

/** Of a text whose white space is single blanks; each part ends where the next can begin, so that none is tried twice. */
const FORM = /^([A-Za-z0-9._-]+) ?(?:\[([^\]]*)\] ?)?(?:@ ?([^ ;]+) ?|\(([^()]*)\) ?|([^;@()]*))(?:;(.*))?$/;

/** Undefined where it is none, or one that a line of a requirements file cannot hold. */
export function parseRequirement(text: string): Requirement | undefined {
  if (text.length > LONGEST) return undefined;
  const form = FORM.exec(text.trim().replace(/\s+/g, " "));
  if (form === null) return undefined;
  const [, written = "", extras, url, bracketed, bare, condition = ""] = form;
  const name = normalName(written);
  const names =
    (extras ?? "").trim() === "" ? [] : (extras ?? "").split(",").map((extra) => normalName(extra.trim()));
  const versions = parseVersions(bracketed ?? bare ?? "");
  const marker = condition.trim() === "" ? true : parseMarker(condition);
  if (name === undefined || versions === undefined || marker === undefined) return undefined;
  if (names.includes(undefined) || (url !== undefined && !isAddress(url))) return undefined;
  return {
    name,
    extras: names.filter((extra) => extra !== undefined),
    versions,
    ...(url !== undefined && { url }),
    marker,
    hashes: [],
  };
}

/** The name as PEP 503 writes it; undefined where it is none. */
export function normalName(name: string): string | undefined {
  return NAME.test(name) ? name.toLowerCase().replace(/[-_.]+/g, "-") : undefined;
}

/** A list of comparisons; undefined where it is none. */
export function parseVersions(text: string): string | undefined {
  const clauses = text
    .split(",")
    .map((clause) => clause.trim())
    .filter((clause) => clause !== "");
  return clauses.every((clause) => CLAUSE.test(clause))
    ? clauses.map((clause) => clause.replace(/\s+/g, "")).join(",")
    : undefined;
}

export function isAddress(url: string): boolean {
  const [address = "", subdirectory] = url.split("#subdirectory=");
  return ADDRESS.test(address) && (subdirectory === undefined || SUBDIRECTORY.test(subdirectory));
}

/** Its line in a requirements file; none where it is never installed. */
export function renderRequirement(requirement: Requirement): readonly string[] {
  const { name, extras, versions, url, marker, hashes } = requirement;
  if (marker === false) return [];
  const wanted = `${name}${extras.length > 0 ? `[${extras.join(",")}]` : ""}`;
  return [
    [
      url === undefined ? `${wanted}${versions}` : `${wanted} @ ${url}`,
      ...(marker === true ? [] : [`; ${renderMarker(marker)}`]),
      ...hashes.map((hash) => `--hash=${hash}`),
    ].join(" "),
  ];
}

import { type Diagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import { BadShape, listOf, memberOf, type PlacedRecord, recordsOf, textOf } from "./placed.ts";
import { isAddress } from "./requirement.ts";

export const PYPI = "https://pypi.org/simple";

/** `[[tool.uv.index]]`, and `index-url` and `extra-index-url` of before; none where nothing is said. */
export function uvIndexes(uv: PlacedRecord): readonly string[] {
  const indexes = recordsOf(memberOf(uv, "index")).filter((index) => !isFlat(index));
  const first = indexes.filter(({ value }) => value.default === true);
  const others = indexes.filter((index) => !first.includes(index));
  const old = memberOf(uv, "index-url");
  const ofOld = old.value === undefined ? [] : [addressAt(textOf(old), old.pointer)];
  const besides = listOf(memberOf(uv, "extra-index-url")).map((url) => addressAt(textOf(url), url.pointer));
  const own = first.length > 0 ? first.map(addressOf) : ofOld;
  const all = [...own, ...others.map(addressOf), ...besides];
  return own.length === 0 && all.length > 0 ? [PYPI, ...all] : all;
}

function isFlat({ value }: PlacedRecord): boolean {
  return value.format === "flat";
}

/** What changes what uv would install, and has no equal here. */
const UV_SETTINGS = ["find-links", "no-index", "override-dependencies", "constraint-dependencies"];

export function warnOfUvSettings(uv: PlacedRecord): readonly Diagnostic[] {
  const flat = recordsOf(memberOf(uv, "index")).filter(isFlat);
  return [
    ...UV_SETTINGS.map((key) => ({ name: key, ...memberOf(uv, key) })).filter(
      ({ value }) => value !== undefined && value !== false,
    ),
    ...flat.map(({ pointer }) => ({ name: 'index` with `format = "flat"', pointer })),
  ].map(({ name, pointer }) =>
    warningDiagnostic("requirements/setting-left-out", `\`tool.uv.${name}\` is not read from here`, {
      path: pointer,
      hint: "write `requirements: uv.lock` instead",
    }),
  );
}

/** `[[tool.poetry.source]]`: with one that is primary, PyPI is asked where it is named. */
export function poetryIndexes(poetry: PlacedRecord): readonly string[] {
  const named = recordsOf(memberOf(poetry, "source"));
  if (named.length === 0) return [];
  const isPypi = ({ value }: PlacedRecord) => /^pypi$/i.test(String(value.name));
  const isFirst = ({ value }: PlacedRecord) =>
    value.secondary !== true && /^(primary|default|undefined)$/.test(String(value.priority));
  const own = named.filter((source) => !isPypi(source));
  const first = own.filter(isFirst);
  const others = own.filter((source) => !isFirst(source));
  const hasPypi = first.length === 0 || named.some(isPypi);
  return [...(hasPypi ? [PYPI] : []), ...first.map(addressOf), ...others.map(addressOf)];
}

function addressOf(source: PlacedRecord): string {
  const url = memberOf(source, "url");
  return addressAt(textOf(url), url.pointer);
}

export function addressAt(url: string, pointer: string): string {
  if (isAddress(url) && !url.includes("#")) return url.replace(/\/+$/, "");
  throw new BadShape(pointer, "must be an address without a password or a query");
}

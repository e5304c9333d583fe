import { isAddress } from "./requirement.ts";
import { BadShape, memberOf, type PlacedRecord, recordsOf, textOf } from "./shape.ts";

export const PYPI = "https://pypi.org/simple";

/** `[[tool.uv.index]]`; none where nothing is said. */
export function uvIndexes(uv: PlacedRecord): readonly string[] {
  const indexes = recordsOf(memberOf(uv, "index")).filter(({ value }) => value.format !== "flat");
  if (indexes.length === 0) return [];
  const first = indexes.filter(({ value }) => value.default === true);
  const others = indexes.filter((index) => !first.includes(index));
  return [...(first.length > 0 ? first.map(addressOf) : [PYPI]), ...others.map(addressOf)];
}

/** `[[tool.poetry.source]]`: with one that is primary, PyPI is asked where it is named. */
export function poetryIndexes(poetry: PlacedRecord): readonly string[] {
  const named = recordsOf(memberOf(poetry, "source"));
  if (named.length === 0) return [];
  const isPypi = ({ value }: PlacedRecord) => /^pypi$/i.test(String(value.name));
  const isFirst = ({ value }: PlacedRecord) => /^(primary|default|undefined)$/.test(String(value.priority));
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

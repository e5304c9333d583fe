import { isDigest } from "../model/digest.ts";
import type { VendoredContent, VendoredFile, VendorList } from "../model/vendor.ts";

/** Raised when the same list would mean something else. */
const VENDOR_VERSION = 1;

/** Stands in its place while the folder is not whole. */
const UNFINISHED = "unfinished";

/** What `vendor.json` begins with, by which a folder of ours is known. */
export const VENDOR_BEGINNING = '{\n  "mlpackage_vendor":';

/** The text of `vendor.json` before there is anything to list: whoever reads it knows that the folder is not whole. */
export const UNFINISHED_VENDOR = `${VENDOR_BEGINNING} "${UNFINISHED}"\n}\n`;

/** The text of a folder's `vendor.json`: the same files, the same text. */
export function writeVendorList(list: VendorList): string {
  return writeList(VENDOR_VERSION, list);
}

/** The text of `vendor.json` while a folder is filled again: not whole, and these are what was there before. */
export function writeUnfinishedList(before: VendorList): string {
  return writeList(UNFINISHED, before);
}

function writeList(version: number | string, { base, files }: VendorList): string {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const data = { mlpackage_vendor: version, ...(base && { base }), files: sorted };
  return `${JSON.stringify(data, undefined, 2)}\n`;
}

/** The list that a text stands for, whoever wrote it; undefined where it is none, or of a folder that is not whole. */
export function readVendorList(text: string): VendorList | undefined {
  const data = parseRecord(text);
  return data.mlpackage_vendor === VENDOR_VERSION ? readList(data) : undefined;
}

/** Whether a text is of a folder whose filling was interrupted. */
export function isUnfinishedVendor(text: string): boolean {
  return parseRecord(text).mlpackage_vendor === UNFINISHED;
}

/** What a folder may have of an earlier filling, whole or not; undefined where that is not known. */
export function readEarlierList(text: string): VendorList | undefined {
  return isUnfinishedVendor(text) ? readList(parseRecord(text)) : readVendorList(text);
}

function readList({ base, files }: Unchecked): VendorList | undefined {
  if (!Array.isArray(files) || !files.every(isFile)) return undefined;
  const paths = new Set(files.map(({ path }) => path));
  if (paths.size !== files.length) return undefined;
  if (base === undefined) return { files };
  return isBase(base) ? { base, files } : undefined;
}

type Unchecked = Readonly<Record<string, unknown>>;

function parseRecord(text: string): Unchecked {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function recordOf(value: unknown): Unchecked {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Unchecked) : {};
}

function isBase(value: unknown): value is NonNullable<VendorList["base"]> {
  const { digest, platforms } = recordOf(value);
  return isDigest(digest) && Array.isArray(platforms) && platforms.every(isText);
}

/** Below one of our own folders, and never above it. */
const PATH = /^(base|models|python|debian)(\/(?!\.{1,2}(\/|$))[^/\\\p{Cc}]+)+$/u;

function isFile(value: unknown): value is VendoredFile {
  const file = recordOf(value);
  const { path, digest, size } = file;
  const isPlaced = isText(path) && PATH.test(path) && isDigest(digest) && Number.isSafeInteger(size);
  return isPlaced && isContent(file);
}

const MEMBERS: Readonly<Record<VendoredContent["part"], readonly string[]>> = {
  base: [],
  model: ["name"],
  system: ["platform", "name", "version"],
  python: ["platform", "name", "version"],
  build: ["platform"],
};

function isContent(file: Unchecked): boolean {
  const { part } = file;
  if (!isText(part) || !Object.hasOwn(MEMBERS, part)) return false;
  return MEMBERS[part as VendoredContent["part"]].every((member) => isText(file[member]));
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

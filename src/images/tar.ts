import type { Part } from "../model/part.ts";

/** A file or a folder of an archive; `path` is relative, with forward slashes. */
export type TarEntry =
  | { readonly type: "directory"; readonly path: string }
  | {
      readonly type: "file";
      readonly path: string;
      readonly mode: number;
      readonly content: readonly Part[];
      readonly size: number;
    }
  /** A symbolic link, or another name of a file that came before. */
  | { readonly type: "link"; readonly path: string; readonly target: string }
  | { readonly type: "same"; readonly path: string; readonly target: string; readonly mode: number };

const BLOCK = 512;

/** What eleven octal digits can say; a larger file says its size in an extended header. */
const MOST_OCTAL_SIZE = 8 ** 11 - 1;

const TYPE_FLAGS = { file: "0", same: "1", link: "2", directory: "5", extended: "x" } as const;

/** What an archive ends with. */
export const END_OF_TAR = new Uint8Array(2 * BLOCK);

/**
 * A tar (POSIX.1-2001, "pax") as parts: the same entries give the same bytes, whoever writes them and wherever. Times
 * are zero, all belongs to root, and nothing of a file but its size has to be known.
 *
 * Written here because no library tells a header without being given the content: a layer of ten gigabytes is a list of
 * a few parts, of which the size, the digest and any range can be had without writing it anywhere.
 */
export function tarParts(entries: readonly TarEntry[]): readonly Part[] {
  return [...entries.flatMap(entryParts), { bytes: END_OF_TAR }];
}

function entryParts(entry: TarEntry): readonly Part[] {
  const header = { bytes: headersOf(entry) };
  if (entry.type !== "file") return [header];
  const padding = paddingAfter(entry.size);
  return [header, ...entry.content, ...(padding.length === 0 ? [] : [{ bytes: padding }])];
}

/** What follows a content of so many bytes. */
export function paddingAfter(size: number): Uint8Array {
  return new Uint8Array(padded(size) - size);
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

/** The header of an entry, after an extended one where the plain one has no room. */
export function headersOf(entry: TarEntry): Uint8Array {
  const size = entry.type === "file" ? entry.size : 0;
  const mode = "mode" in entry ? entry.mode : { directory: 0o755, link: 0o777 }[entry.type];
  const name = entry.type === "directory" ? `${entry.path}/` : entry.path;
  const target = "target" in entry ? entry.target : "";
  const place = splitName(name);
  const isTargetLong = target.length > 100 || asciiOf(target) !== target;
  const extended = {
    ...(place === undefined && { path: name }),
    ...(isTargetLong && { linkpath: target }),
    ...(size > MOST_OCTAL_SIZE && { size: String(size) }),
  };
  const plain = header({
    ...(place ?? { name: asciiOf(name).slice(-100), prefix: "" }),
    mode,
    size: size > MOST_OCTAL_SIZE ? 0 : size,
    type: entry.type,
    target: asciiOf(target).slice(0, 100),
  });
  if (Object.keys(extended).length === 0) return plain;
  const records = Buffer.from(Object.entries(extended).map(extendedRecord).join(""));
  const first = header({
    name: "PaxHeader",
    prefix: "",
    mode: 0o644,
    size: records.length,
    type: "extended",
  });
  const filled = Buffer.alloc(padded(records.length));
  records.copy(filled);
  return Buffer.concat([first, filled, plain]);
}

/** A name of up to 100 bytes, and folders of up to 155 before it; undefined for what does not fit, or is not ASCII. */
function splitName(name: string): { readonly name: string; readonly prefix: string } | undefined {
  if (asciiOf(name) !== name) return undefined;
  if (name.length <= 100) return { name, prefix: "" };
  const slash = name.indexOf("/", name.length - 101);
  if (slash < 0 || slash > 155 || slash === name.length - 1) return undefined;
  return { name: name.slice(slash + 1), prefix: name.slice(0, slash) };
}

function asciiOf(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, "_");
}

/** `LENGTH KEY=VALUE\n`, the length being that of the whole record, in bytes. */
function extendedRecord([key, value]: readonly [string, string]): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  const length = (digits: number) => rest + digits;
  const digits = String(length(String(rest).length)).length;
  return `${length(digits)} ${key}=${value}\n`;
}

type Header = {
  readonly name: string;
  readonly prefix: string;
  readonly mode: number;
  readonly size: number;
  readonly type: keyof typeof TYPE_FLAGS;
  readonly target?: string;
};

function header({ name, prefix, mode, size, type, target = "" }: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100, "latin1");
  writeOctal(block, mode, 100, 8);
  writeOctal(block, 0, 108, 8);
  writeOctal(block, 0, 116, 8);
  writeOctal(block, size, 124, 12);
  writeOctal(block, 0, 136, 12);
  block.write(TYPE_FLAGS[type], 156, "latin1");
  block.write(target, 157, 100, "latin1");
  block.write("ustar\0" + "00", 257, "latin1");
  block.write(prefix, 345, 155, "latin1");
  // The checksum is that of the header with eight spaces in its place.
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function writeOctal(block: Buffer, value: number, offset: number, length: number): void {
  block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset, "latin1");
}

import { crc32 } from "node:zlib";

/** A zip that compresses nothing. APPNOTE.TXT 4.3.6: local headers with the content, the central directory, its end. */
export function zip(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const content = Buffer.from(bytes);
    const common = commonHeader(Buffer.byteLength(name), content);
    const local = Buffer.concat([signature(0x04034b50), common, Buffer.from(name), content]);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(offset, 10);
    directory.push(signature(0x02014b50), words(20), common, central, Buffer.from(name));
    parts.push(local);
    offset += local.length;
  }
  const count = Object.keys(files).length;
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(10);
  end.writeUInt32LE(central.length, 0);
  end.writeUInt32LE(offset, 4);
  return Buffer.concat([...parts, central, signature(0x06054b50), words(0, 0, count, count), end]);
}

/** From the version needed to the length of the extra field; 1980-01-01, stored. */
function commonHeader(nameLength: number, content: Buffer): Buffer {
  const sums = Buffer.alloc(12);
  sums.writeUInt32LE(crc32(content), 0);
  sums.writeUInt32LE(content.length, 4);
  sums.writeUInt32LE(content.length, 8);
  return Buffer.concat([words(20, 0, 0, 0, 0x21), sums, words(nameLength, 0)]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16LE(value, index * 2);
  return bytes;
}

/** As much of the library's interface as is used; it brings no types of its own. */
declare module "yauzl" {
  import type { Readable } from "node:stream";

  export class Entry {
    readonly fileName: string;
    readonly versionMadeBy: number;
    readonly externalFileAttributes: number;
    readonly crc32: number;
    readonly compressedSize: number;
    readonly uncompressedSize: number;
    readonly compressionMethod: number;
    isEncrypted(): boolean;
  }

  export class ZipFile {
    readonly entryCount: number;
    eachEntry(): AsyncIterableIterator<Entry>;
    openReadStreamPromise(entry: Entry): Promise<Readable>;
    close(): void;
  }

  export class RandomAccessReader {
    _readStreamForRange(start: number, end: number): Readable;
    read(
      buffer: Buffer,
      offset: number,
      length: number,
      position: number,
      done: (error: Error | null) => void,
    ): void;
  }

  export function fromRandomAccessReaderPromise(
    reader: RandomAccessReader,
    size: number,
    options: { readonly autoClose: boolean; readonly lazyEntries: boolean },
  ): Promise<ZipFile>;

  const library: {
    readonly RandomAccessReader: typeof RandomAccessReader;
    readonly fromRandomAccessReaderPromise: typeof fromRandomAccessReaderPromise;
  };
  export default library;
}

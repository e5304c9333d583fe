import { unzstdStream } from "../images/unzstd-stream.ts";
import { BadPackage } from "./bad-package.ts";

/** Decompresses a stream as it comes, up to so many bytes. Throws a `BadPackage`. */
export function unzstd(chunks: AsyncIterable<Uint8Array>, mostBytes: number): AsyncIterable<Uint8Array> {
  return unzstdStream(chunks, mostBytes, (reason) => new BadPackage(reason));
}

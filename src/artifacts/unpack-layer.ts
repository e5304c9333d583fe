import { decompress } from "../images/decompress.ts";
import { tarEntries } from "../images/tar-entries.ts";
import { unzstdStream } from "../images/unzstd-stream.ts";
import type { Descriptor } from "../model/image.ts";
import { SourceFault } from "../model/place.ts";
import type { Packing } from "./artifact.ts";

/** What becomes more than so many times as large is made to fill a disk. */
const MOST_GROWTH = 1000;

/** What a small layer may always become. */
const LEAST_LIMIT_BYTES = 1 << 20;

const MOST_FILES = 100_000;

/** A file of an archive; its bytes can be read until the next one is asked for. */
export type UnpackedFile = {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array>;
};

type PackedLayer = Pick<Descriptor, "digest" | "size"> & { readonly packing: Exclude<Packing, "raw"> };

/**
 * The files of a layer that is an archive, one after the other. Links and devices are refused, as is what grows beyond
 * measure; whether the names are safe is for who takes them. Throws a `SourceFault`.
 *
 * Errors: `source/bad-archive`.
 */
export async function* unpackLayer(
  blob: AsyncIterable<Uint8Array>,
  layer: PackedLayer,
): AsyncGenerator<UnpackedFile> {
  const word = (reason: string) => wordBad(layer, reason);
  const mostBytes = Math.max(layer.size * MOST_GROWTH, LEAST_LIMIT_BYTES);
  const tar = limited(tarOf(blob, layer, mostBytes, word), mostBytes, word);
  let files = 0;
  for await (const { header, chunks } of tarEntries(tar, (reason) =>
    word(`is an incomplete tar: ${reason}`),
  )) {
    const { name, type, size = 0 } = header;
    if (type === "directory") continue;
    if (type !== "file" && type !== "contiguous-file")
      throw word(`has \`${name}\` in it, which is a ${wordType(type)} and no file`);
    files += 1;
    if (files > MOST_FILES) throw word(`has more than ${MOST_FILES} files`);
    yield { path: name.replace(/^(?:\.\/+)+/, ""), size, chunks };
  }
}

function tarOf(
  blob: AsyncIterable<Uint8Array>,
  { packing }: PackedLayer,
  mostBytes: number,
  word: (reason: string) => Error,
): AsyncIterable<Uint8Array> {
  if (packing === "tar+zstd") return unzstdStream(blob, mostBytes, word);
  return worded(decompress(blob, `layer.${packing}`), word);
}

async function* worded(
  chunks: AsyncIterable<Uint8Array>,
  word: (reason: string) => Error,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    // What zlib says of its input; a fault of the disk has another code.
    const isOfContent = String((error as NodeJS.ErrnoException).code).startsWith("Z_");
    throw isOfContent ? word(`is damaged: ${(error as Error).message}`) : error;
  }
}

async function* limited(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes: number,
  word: (reason: string) => Error,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw word("would become more than 1000 times as large when unpacked");
    yield chunk;
  }
}

function wordType(type: string | null | undefined): string {
  return type === "symlink" || type === "link"
    ? "link"
    : (type ?? "thing without a type").replaceAll("-", " ");
}

function wordBad({ digest }: PackedLayer, reason: string): SourceFault {
  return new SourceFault(
    "source/bad-archive",
    `the layer ${digest} ${reason}`,
    "push the model again, with files instead of links",
  );
}

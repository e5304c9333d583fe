import { tarEntries } from "../images/tar-entries.ts";
import { type ArchiveEntry, plainPath } from "./archive-entry.ts";
import { BadArchive } from "./bad-archive.ts";

const TYPES: Readonly<Record<string, ArchiveEntry["type"]>> = {
  file: "file",
  "contiguous-file": "file",
  symlink: "link",
  link: "same",
  directory: "directory",
};

const BLOCK_BYTES = 512;

/** The entries of a tar, one after the other. Throws a `BadArchive`; a fault of `chunks` is thrown as it is. */
export async function* readTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry> {
  const end: End = {};
  // Whoever waits for the rest of an entry is told only that there is none.
  const word = (reason: string) =>
    end.fault ?? wordFault(reason.replace(/^./, (first) => first.toLowerCase()));
  for await (const { header, chunks: content } of tarEntries(demandEnd(chunks, end), word)) {
    const { name, type, mode = 0, size = 0, linkname } = header;
    yield {
      path: plainPath(name),
      type: TYPES[type ?? ""] ?? "other",
      isExecutable: (mode & 0o100) !== 0,
      size,
      target: linkname ?? "",
      chunks: content,
    };
  }
}

type End = { fault?: BadArchive };

function wordFault(reason: string): BadArchive {
  return new BadArchive("archive/damaged", `holds an incomplete tar: ${reason}`);
}

/**
 * The same chunks. Throws where the last block is not of zeros, as the end of every tar is: one that was cut off between
 * two entries is told by that alone.
 */
async function* demandEnd(chunks: AsyncIterable<Uint8Array>, end: End): AsyncGenerator<Uint8Array> {
  let last: Uint8Array = new Uint8Array();
  for await (const chunk of chunks) {
    last = chunk.length >= BLOCK_BYTES ? chunk : Buffer.concat([last, chunk]);
    // A copy: what is handed on may be used again.
    last = Uint8Array.from(last.subarray(-BLOCK_BYTES));
    yield chunk;
  }
  if (last.length === BLOCK_BYTES && last.every((byte) => byte === 0)) return;
  end.fault = wordFault("its end is missing");
  throw end.fault;
}

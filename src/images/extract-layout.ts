import { UnreadableImage } from "./read-images.ts";
import { tarEntries } from "./tar-entries.ts";

/** A file of an OCI layout in an archive: where it belongs in the layout's folder, and its bytes. */
export type LayoutFile = { readonly path: string; readonly chunks: AsyncIterable<Uint8Array> };

/** What an OCI layout consists of; whatever else an archive holds, wherever it would lead, is left alone. */
const LAYOUT_FILE = /^(\.\/)?(oci-layout|index\.json|blobs\/sha256\/[0-9a-f]{64})$/;

/**
 * The files of an OCI layout in a tar, one after the other; each must be read before the next comes. Rejects with an
 * `UnreadableImage` where the bytes are no tar.
 */
export async function* extractLayout(archive: AsyncIterable<Uint8Array>): AsyncGenerator<LayoutFile> {
  const word = (reason: string) => new UnreadableImage(`it is no whole tar: ${reason}`);
  for await (const { header, chunks } of tarEntries(archive, word)) {
    const { name, type } = header;
    if (type === "file" && LAYOUT_FILE.test(name)) yield { path: name.replace(/^\.\//, ""), chunks };
  }
}

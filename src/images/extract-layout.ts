/** A file of an OCI layout in an archive: where it belongs in the layout's folder, and its bytes. */
export type LayoutFile = { readonly path: string; readonly chunks: AsyncIterable<Uint8Array> };

/** What an OCI layout consists of; whatever else an archive holds, wherever it would lead, is left alone. */
const LAYOUT_FILE = /^(\.\/)?(oci-layout|index\.json|blobs\/sha256\/[0-9a-f]{64})$/;

/** The files of an OCI layout in a tar, one after the other; each must be read before the next comes. */
export async function* extractLayout(archive: AsyncIterable<Uint8Array>): AsyncGenerator<LayoutFile> {
  const { extract } = await import("tar-stream");
  const reader = extract();
  const fed = feed(archive, reader);
  fed.catch((error: Error) => reader.destroy(error));
  for await (const entry of reader) {
    const { name, type } = entry.header;
    if (type === "file" && LAYOUT_FILE.test(name)) {
      yield { path: name.replace(/^\.\//, ""), chunks: entry as AsyncIterable<Uint8Array> };
    } else {
      entry.resume();
    }
  }
  await fed;
}

type Writable = NodeJS.WritableStream & { readonly destroyed: boolean };

/** Whoever reads the files may have had enough of them: then the archive is closed. */
async function feed(archive: AsyncIterable<Uint8Array>, reader: Writable): Promise<void> {
  const closed = new Promise((resolve) => reader.once("close", resolve));
  for await (const chunk of archive) {
    if (reader.destroyed) return;
    if (reader.write(chunk)) continue;
    await Promise.race([closed, new Promise((resolve) => reader.once("drain", resolve))]);
  }
  reader.end();
}

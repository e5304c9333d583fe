import path from "node:path";
import { type Digest, startDigest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import type { ContentStore } from "../model/source.ts";

/** Blobs by SHA-256 in a folder of this machine: `blobs/<two digits>/<digest>`. */
export function createContentStore(directory: string, files: Files): ContentStore {
  const blobPath = (digest: Digest): string => {
    const hexadecimal = digest.slice("sha256:".length);
    return path.join(directory, "blobs", hexadecimal.slice(0, 2), hexadecimal);
  };
  return {
    async find(digest) {
      const blob = blobPath(digest);
      if ((await files.status(blob))?.type !== "file") return undefined;
      return (await files.digest(blob)).digest === digest ? blob : undefined;
    },
    async write(chunks) {
      const digest = startDigest();
      let size = 0;
      const measured = async function* () {
        for await (const chunk of chunks) {
          digest.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      };
      const incoming = await files.makeTemporaryDirectory(path.join(directory, "incoming"), "blob-");
      try {
        await files.writeStream(path.join(incoming, "content"), measured());
        const blob = { digest: digest.finish(), size };
        const place = blobPath(blob.digest);
        await files.makeDirectory(path.dirname(place));
        await files.rename(path.join(incoming, "content"), place);
        return { ...blob, path: place };
      } finally {
        await files.remove(incoming);
      }
    },
  };
}

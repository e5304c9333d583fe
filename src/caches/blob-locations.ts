import path from "node:path";
import type { Digest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import type { BlobLocations } from "../model/registry.ts";

/** The latest are asked first, and one is nearly always enough. */
const MOST_REPOSITORIES = 4;

/**
 * Where blobs were seen, in a folder of this machine: `locations/<digest>`, a repository a line. It is a hint: whoever
 * follows one asks the registry, and a lost or a wrong one costs a request.
 */
export function createBlobLocations(directory: string, files: Files): BlobLocations {
  const placeOf = (digest: Digest) => path.join(directory, "locations", digest.slice("sha256:".length));

  async function find(digest: Digest): Promise<readonly string[]> {
    const text = await files.readText(placeOf(digest)).catch(() => "");
    return text.split("\n").filter((line) => REPOSITORY.test(line));
  }

  return {
    find,
    async note(digest, repository) {
      const known = await find(digest);
      if (known[0] === repository) return;
      const latest = [repository, ...known.filter((one) => one !== repository)].slice(0, MOST_REPOSITORIES);
      await files.writeAtomically(placeOf(digest), latest.join("\n")).catch(() => {});
    },
  };
}

/** `registry.example.com:5000/team/diabetes` */
const REPOSITORY = /^[a-z0-9.:[\]-]+(\/[a-z0-9._-]+)+$/i;

import type { Digest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import type { BlobLocations } from "../model/registry.ts";
import { createHints } from "./hints.ts";

/** The latest are asked first, and one is nearly always enough. */
const MOST_REPOSITORIES = 4;

/** Where blobs were seen: a hint for each, with a repository a line. */
export function createBlobLocations(directory: string, files: Files): BlobLocations {
  const hints = createHints(directory, "locations", files);

  async function find(digest: Digest): Promise<readonly string[]> {
    return (await hints.read(digest)).split("\n").filter((line) => REPOSITORY.test(line));
  }

  return {
    find,
    async note(digest, repository) {
      const known = await find(digest);
      if (known[0] === repository) return;
      const latest = [repository, ...known.filter((one) => one !== repository)].slice(0, MOST_REPOSITORIES);
      await hints.write(digest, latest.join("\n"));
    },
  };
}

/** `registry.example.com:5000/team/diabetes` */
const REPOSITORY = /^[a-z0-9.:[\]-]+(\/[a-z0-9._-]+)+$/i;

import { loadLibrary } from "../../src/images/compression.ts";
import type { MadeCondaPackage } from "./conda-package.ts";
import { startServer } from "./http-server.ts";

/** A channel on 127.0.0.1; what it offers can change. Its lists are compressed where that is asked for. */
export async function startChannel(options: { readonly isCompressed?: boolean } = {}) {
  const offered = new Map<string, MadeCondaPackage>();
  const { isCompressed = false } = options;
  const library = await loadLibrary();
  const server = await startServer(({ url = "" }, response) => {
    const [, subdir = "", file = ""] = /^\/channel\/([^/]+)\/([^/]+)$/.exec(url) ?? [];
    const one = [...offered.values()].find((made) => made.subdir === subdir && made.file === file);
    const list = Buffer.from(JSON.stringify(listOf(subdir)));
    if (one !== undefined) response.end(one.bytes);
    else if (file === "repodata.json" && !isCompressed) response.end(list);
    else if (file === "repodata.json.zst" && isCompressed) response.end(library.compress(list, 3));
    else response.writeHead(404).end();
  });
  function listOf(subdir: string): object {
    const own = [...offered.values()].filter((made) => made.subdir === subdir);
    const records = (ending: string) =>
      Object.fromEntries(
        own.filter(({ file }) => file.endsWith(ending)).map(({ file, record }) => [file, record]),
      );
    return {
      info: { subdir },
      packages: records(".tar.bz2"),
      "packages.conda": records(".conda"),
      repodata_version: 1,
    };
  }
  return {
    address: `${server.url}/channel`,
    requests: server.requests,
    offer(...packages: readonly MadeCondaPackage[]): void {
      for (const made of packages) offered.set(made.file, made);
    },
    withdraw(file: string): void {
      offered.delete(file);
    },
  };
}

import { azureBlobSource } from "../../../src/sources/azure-blob.ts";
import { ACCOUNT, type Azurite, connectionStringOf, startAzurite } from "../../rig/servers/azurite.ts";
import type { SourceRow } from "./row.ts";

/** One for all faults: it takes a second to start, and ends with the process. */
let running: Promise<Azurite> | undefined;

export async function serveBlob(name: string, content: Buffer) {
  running ??= startAzurite();
  const azurite = await running;
  await azurite.put(name, content);
  return { url: azurite.url, stop: async () => {} };
}

export const azureBlobRow: SourceRow = {
  name: "az",
  source: azureBlobSource,
  start: (content) => serveBlob("models/dir/model.bin", content),
  ask: (url) => ({
    // The address is not in the source: each proxy's is told from the others, as what was listed is remembered.
    reference: { source: `az://${ACCOUNT}/models/dir/model.bin`, include: [], exclude: [new URL(url).port] },
    environment: { AZURE_STORAGE_CONNECTION_STRING: connectionStringOf(url) },
  }),
  isContent: ({ method }) => method === "GET",
  isListing: ({ method }) => method === "HEAD",
};

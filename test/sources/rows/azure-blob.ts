import { azureBlobSource } from "../../../src/sources/azure-blob.ts";
import { ACCOUNT, connectionStringOf, startAzurite } from "../../rig/servers/azurite.ts";
import type { SourceRow } from "./row.ts";

export const azureBlobRow: SourceRow = {
  name: "az",
  source: azureBlobSource,
  start: (content) => startAzurite({ "models/dir/model.bin": content }),
  ask: (url) => ({
    reference: { source: `az://${ACCOUNT}/models/dir/model.bin`, include: [], exclude: [] },
    environment: { AZURE_STORAGE_CONNECTION_STRING: connectionStringOf(url) },
  }),
  isContent: ({ method }) => method === "GET",
  isListing: ({ method }) => method === "HEAD",
};

import { azureMlSource } from "../../../src/sources/azureml.ts";
import { startAzureManagement, WORKSPACE_VARIABLES } from "../../rig/servers/azure-management.ts";
import { ACCOUNT, connectionStringOf } from "../../rig/servers/azurite.ts";
import { serveBlob } from "./azure-blob.ts";
import type { SourceRow } from "./row.ts";

/** One for all faults: Azure's library asks for all tokens of a process where it found the first. */
let running: ReturnType<typeof startWorkspace> | undefined;

async function startWorkspace(storage: string) {
  const server = await startAzureManagement({
    models: { ridge: { "3": { modelUri: "azureml://datastores/models/paths/ridge/model.bin" } } },
    datastores: {
      models: {
        datastoreType: "AzureBlob",
        accountName: ACCOUNT,
        containerName: "registered",
        endpoint: "core.windows.net",
        protocol: "https",
        credentials: { credentialsType: "None" },
      },
    },
    storage,
  });
  // It reads the variables of its own process.
  Object.assign(process.env, server.identity);
  return server;
}

export const azureMlRow: SourceRow = {
  name: "azureml",
  source: azureMlSource,
  async start(content) {
    const { url: storage } = await serveBlob("registered/ridge/model.bin", content);
    running ??= startWorkspace(storage);
    return { url: (await running).url, stop: async () => {} };
  },
  ask: (url) => ({
    reference: { source: "azureml:ridge:3", include: [], exclude: [new URL(url).port] },
    environment: {
      ...WORKSPACE_VARIABLES,
      AZURE_RESOURCE_MANAGER_ENDPOINT: url,
      AZURE_STORAGE_CONNECTION_STRING: connectionStringOf(url),
    },
  }),
  isContent: ({ method, url }) => method === "GET" && url.includes("/model.bin"),
  isListing: ({ url }) => url.startsWith("/subscriptions/"),
};

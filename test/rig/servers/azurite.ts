import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { BlobServiceClient } from "@azure/storage-blob";
import { createNetwork } from "../../../src/host/network.ts";
import type { Network } from "../../../src/model/host.ts";

/** The account that Azurite has by itself, and its key: both stand in its documentation. */
export const ACCOUNT = "devstoreaccount1";
export const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** The same account at another address, which may be that of something in between. */
export function connectionStringOf(url: string): string {
  return `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${url}/${ACCOUNT};`;
}

/** A network on which Azure's own host of the account is Azurite. */
export function networkOf(url: string): Network {
  const real = createNetwork();
  return {
    request: (request) => {
      const { host } = new URL(request.url);
      const there = request.url.replace(`https://${ACCOUNT}.blob.core.windows.net`, url);
      return real.request({ ...request, url: there, headers: { ...request.headers, host } });
    },
  };
}

export type Azurite = Awaited<ReturnType<typeof startAzurite>>;

/** Azurite, Microsoft's own emulator of Azure Storage, in memory; it ends with the test's process at the latest. */
export async function startAzurite(blobs: Readonly<Record<string, string | Buffer>> = {}) {
  const require = createRequire(import.meta.url);
  const program = require.resolve("azurite/dist/src/blob/main.js");
  const args = ["--inMemoryPersistence", "--blobHost", "127.0.0.1", "--blobPort", "0"];
  const child = spawn(process.execPath, [program, ...args, "--skipApiVersionCheck", "--disableTelemetry"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const end = () => void child.kill("SIGKILL");
  process.once("exit", end);
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`azurite ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (address !== undefined) resolve(address);
    });
  });
  child.unref();
  (child.stdout as unknown as { unref(): void }).unref();
  const service = BlobServiceClient.fromConnectionString(connectionStringOf(url));
  for (const [place, content] of Object.entries(blobs)) await put(place, content);

  /** Writes a blob: `CONTAINER/NAME`. */
  async function put(place: string, content: string | Buffer, metadata: Record<string, string> = {}) {
    const [container = "", ...name] = place.split("/");
    const client = service.getContainerClient(container);
    await client.createIfNotExists();
    await client.getBlockBlobClient(name.join("/")).upload(content, Buffer.byteLength(content), { metadata });
  }

  return {
    url,
    service,
    put,
    stop: async () => {
      process.off("exit", end);
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.ref();
      child.kill("SIGKILL");
      await ended;
    },
  };
}

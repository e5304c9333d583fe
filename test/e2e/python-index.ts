import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { docker } from "./engine.ts";
import { makeWheel, type WheelOptions } from "./wheel.ts";

/** Who an index lets in. */
export type IndexLogin = { readonly username: string; readonly password: string };

/**
 * A package index (PEP 503) that containers reach while they are built; what it offers, and to whom, can change. `name`
 * is what it offers where nothing else is said.
 */
export async function startIndex(name: string, firstLogin?: IndexLogin) {
  const files = new Map<string, Uint8Array>();
  let login = firstLogin;
  const server = createServer(({ url = "", headers }, response) => {
    if (login !== undefined && headers.authorization !== headerOf(login)) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="index"' }).end();
      return;
    }
    const file = files.get(url.split("/").at(-1) ?? "");
    const project = /^\/simple\/([^/]+)\/$/.exec(url)?.[1];
    const offered = [...files.keys()].filter((one) => one.split("-")[0]?.replaceAll("_", "-") === project);
    if (file !== undefined) response.end(file);
    else if (offered.length > 0) response.setHeader("content-type", "text/html").end(pageOf(offered));
    else response.writeHead(404).end();
  });
  server.unref().on("connection", (socket) => socket.unref());
  const gateway = await docker([
    ...["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"],
  ]);
  await new Promise<void>((resolve) => server.listen(0, gateway, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    letIn(other: IndexLogin): void {
      login = other;
    },
    /** Lines of a requirements file. */
    options: `--index-url http://${gateway}:${port}/simple\n--trusted-host ${gateway}\n`,
    address: `http://${gateway}:${port}/simple`,
    host: gateway,
    /** Gives the digest of the wheel. */
    offer(version: string, code: string, { named = name, ...options }: OfferOptions = {}): string {
      const wheel = makeWheel(named, version, code, options);
      files.set(`${named}-${version}-py3-none-any.whl`, wheel);
      return `sha256:${createHash("sha256").update(wheel).digest("hex")}`;
    },
    offerFile(file: string, content: Uint8Array): void {
      files.set(file, content);
    },
    addressOf: (file: string): string => `http://${gateway}:${port}/files/${file}`,
    close: () => server.close(),
  };
}

type OfferOptions = WheelOptions & { readonly named?: string };

function headerOf({ username, password }: IndexLogin): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function pageOf(files: readonly string[]): string {
  return files.map((file) => `<a href="/files/${file}">${file}</a>`).join("\n");
}

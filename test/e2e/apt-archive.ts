import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tarParts } from "../../src/images/tar.ts";
import { docker } from "./engine.ts";
import { makeSigningKey } from "./open-pgp.ts";

/** A state of an archive: its one package in a version, and who signed it. */
export type ArchiveState = {
  readonly version: string;
  /** Signed by a key that nobody trusts. */
  readonly isForged?: boolean;
  /** Seconds since 1970 at which its lists go out of date. */
  readonly validUntil?: number;
};

/** An archive of Debian packages that containers reach while they are built: a mirror that moves on, and snapshots of it. */
export async function startAptArchive(name: string) {
  const [key, forger] = [makeSigningKey(), makeSigningKey()];
  const files = new Map<string, Buffer>();
  const requests: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    requests.push(url);
    const file = files.get(url);
    if (file === undefined) response.writeHead(404).end();
    else response.end(file);
  });
  server.unref().on("connection", (socket) => socket.unref());
  const gateway = await docker([
    ...["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"],
  ]);
  await new Promise<void>((resolve) => server.listen(0, gateway, resolve));
  const address = `http://${gateway}:${(server.address() as AddressInfo).port}`;

  /** Has a path of the server be nothing any more. */
  function remove(path: string): void {
    for (const file of files.keys()) if (file.startsWith(`${path}/`)) files.delete(file);
  }

  /** Has it be an archive in a state, and nothing else. */
  function set(path: string, { version, isForged = false, validUntil }: ArchiveState): void {
    remove(path);
    const deb = makeDeb(name, version);
    const pool = `pool/${name}_${version}_all.deb`;
    const packages = Buffer.from(
      `${controlOf(name, version)}Filename: ${pool}\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n`,
    );
    const dates = { Date: 1_700_000_000, ...(validUntil !== undefined && { "Valid-Until": validUntil }) };
    const release = Buffer.from(
      [
        ...["Origin: rig", "Suite: stable", "Codename: stable", "Architectures: all amd64 arm64"],
        "Components: main",
        ...Object.entries(dates).map(([field, at]) => `${field}: ${new Date(at * 1000).toUTCString()}`),
        "SHA256:",
        ...["all", "amd64", "arm64"].map(
          (one) => ` ${sha256(packages)} ${packages.length} main/binary-${one}/Packages`,
        ),
        "",
      ].join("\n"),
    );
    files.set(`${path}/${pool}`, deb);
    for (const one of ["all", "amd64", "arm64"])
      files.set(`${path}/dists/stable/main/binary-${one}/Packages`, packages);
    files.set(`${path}/dists/stable/Release`, release);
    files.set(`${path}/dists/stable/Release.gpg`, (isForged ? forger : key).sign(release));
  }

  return { set, remove, address, publicKey: key.publicKey, requests, close: () => server.close() };
}

function controlOf(name: string, version: string): string {
  return `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: rig\nDescription: for tests\n`;
}

/** deb(5): an ar archive of the format's version, the control files and the data. */
function makeDeb(name: string, version: string): Buffer {
  return Buffer.concat([
    Buffer.from("!<arch>\n"),
    member("debian-binary", Buffer.from("2.0\n")),
    member("control.tar", tarOf({ control: controlOf(name, version) })),
    member(
      "data.tar",
      tarOf({ [`usr/share/${name}/version`]: version }, ["usr", "usr/share", `usr/share/${name}`]),
    ),
  ]);
}

function member(name: string, content: Buffer): Buffer {
  const fields = [name.padEnd(16), "0".padEnd(12), "0".padEnd(6), "0".padEnd(6), "100644".padEnd(8)];
  const header = `${fields.join("")}${String(content.length).padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(header), content, Buffer.alloc(content.length % 2, "\n")]);
}

function tarOf(files: Readonly<Record<string, string>>, folders: readonly string[] = []): Buffer {
  const parts = tarParts([
    ...folders.map((path) => ({ type: "directory" as const, path })),
    ...Object.entries(files).map(([path, text]) => {
      const bytes = Buffer.from(text);
      return { type: "file" as const, path, mode: 0o644, size: bytes.length, content: [{ bytes }] };
    }),
  ]);
  return Buffer.concat(parts.map((part) => ("bytes" in part ? part.bytes : new Uint8Array())));
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

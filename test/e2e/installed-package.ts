import { mkdir } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";

const repository = new URL("../..", import.meta.url).pathname;

/** The package as npm installs it, in a folder of its own. */
export type Installed = {
  readonly folder: string;
  readonly tarball: string;
  /** What is in the tarball. */
  readonly files: readonly string[];
  readonly unpackedBytes: number;
};

/** `npm pack`, and then everything from the tarball alone. */
export async function installPackage(folder: string): Promise<Installed> {
  await mkdir(folder);
  // Not the scripts: `prepack` builds `dist/`, which other tests are running from.
  const packed = await execa("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: repository,
  });
  const [{ filename, files, unpackedSize }] = JSON.parse(packed.stdout) as [
    { filename: string; files: { path: string }[]; unpackedSize: number },
  ];
  const tarball = path.join(folder, filename);
  await execa("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", tarball], { cwd: folder });
  return { folder, tarball, files: files.map((file) => file.path), unpackedBytes: unpackedSize };
}

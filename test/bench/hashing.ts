import { randomFillSync } from "node:crypto";
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { createHasher } from "../../src/host/hash-file.ts";
import type { Bench, Contender } from "./run.ts";

const MEBIBYTE = 1 << 20;

type Shape = { readonly count: number; readonly mebibytes: number };

/** What a model's files cost to hash that nobody remembers a digest of. They are in memory by the second round. */
function hashingOf(name: string, { count, mebibytes }: Shape): Bench {
  return {
    name,
    rounds: 5,
    async prepare() {
      const folder = mkdtempSync(path.join(tmpdir(), "bench-hashing-"));
      const files = Array.from({ length: count }, (_, index) => writeFile(folder, `${index}`, mebibytes));
      return {
        contenders: contendersFor(files, mebibytes * MEBIBYTE),
        cleanUp: async () => rmSync(folder, { recursive: true }),
      };
    },
  };
}

/** Coreutils has code of its own, on some systems without the processor's SHA instructions; OpenSSL uses them. */
function contendersFor(files: readonly string[], size: number): readonly Contender[] {
  return [
    { name: "sha256sum", run: () => execa("sha256sum", files) },
    { name: "openssl dgst -sha256", run: () => execa("openssl", ["dgst", "-sha256", ...files]) },
    {
      name: "mlpackage, in threads started for it",
      run: () => {
        const { hashFile: hash } = createHasher();
        return Promise.all(files.map((file) => hash(file, size)));
      },
    },
  ];
}

function writeFile(folder: string, name: string, mebibytes: number): string {
  const place = path.join(folder, name);
  const chunk = randomFillSync(Buffer.alloc(MEBIBYTE));
  const file = openSync(place, "w");
  for (let index = 0; index < mebibytes; index += 1) {
    chunk.writeUInt32LE(index);
    writeSync(file, chunk);
  }
  fsyncSync(file);
  closeSync(file);
  return place;
}

export const hashingOneFile = hashingOf("hashing-one-file-of-2-GiB", { count: 1, mebibytes: 2048 });
export const hashingFourFiles = hashingOf("hashing-four-files-of-512-MiB", { count: 4, mebibytes: 512 });

import { tarEntries } from "../images/tar-entries.ts";
import { BadPackage } from "./bad-package.ts";

export type TarMember = {
  readonly path: string;
  readonly type: "file" | "link" | "same" | "directory" | "other";
  readonly isExecutable: boolean;
  readonly size: number;
  /** What a link leads to; of `same`, the path of an earlier member. */
  readonly target: string;
  readonly chunks: AsyncIterable<Uint8Array>;
};

const TYPES: Readonly<Record<string, TarMember["type"]>> = {
  file: "file",
  "contiguous-file": "file",
  symlink: "link",
  link: "same",
  directory: "directory",
};

/** The members of a tar, one after the other; what of one is not read is passed over. Throws a `BadPackage`. */
export async function* readTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember> {
  const entries = tarEntries(chunks, (reason) => new BadPackage(`has no whole tar: ${reason}`));
  for await (const entry of entries) {
    const { name, type, mode = 0, size = 0, linkname } = entry.header;
    yield {
      path: name.replace(/^(\.\/)+/, "").replace(/\/+$/, ""),
      type: TYPES[type ?? ""] ?? "other",
      isExecutable: (mode & 0o100) !== 0,
      size,
      target: linkname ?? "",
      chunks: entry.chunks,
    };
  }
}

import { feed } from "../images/feed.ts";
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
  const { extract } = await import("tar-stream");
  const reader = extract();
  let fault: unknown;
  const noted = wording(chunks, (error) => {
    fault = error;
    return error;
  });
  const fed = feed(noted, reader);
  const word = (error: unknown) =>
    error === fault ? error : new BadPackage(`has no whole tar: ${(error as Error).message}`);
  for await (const entry of wording(reader, word)) {
    const { name, type, mode = 0, size = 0, linkname } = entry.header;
    yield {
      path: name.replace(/^(\.\/)+/, "").replace(/\/+$/, ""),
      type: TYPES[type ?? ""] ?? "other",
      isExecutable: (mode & 0o100) !== 0,
      size,
      target: linkname ?? "",
      chunks: wording(entry as AsyncIterable<Uint8Array>, word),
    };
    entry.resume();
  }
  await fed;
}

async function* wording<T>(things: AsyncIterable<T>, word: (error: unknown) => unknown): AsyncGenerator<T> {
  try {
    yield* things;
  } catch (error) {
    throw word(error);
  }
}

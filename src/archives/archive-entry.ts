/** An archive, where it lies. */
export type ArchiveFile = { readonly place: string; readonly size: number };

/** What an archive has under a name. `same` is a hard link: the file that an earlier entry is. */
export type ArchiveEntry = {
  /** As it is written, but for a leading `./` and a slash at the end. */
  readonly path: string;
  readonly type: "file" | "link" | "same" | "directory" | "other";
  readonly isExecutable: boolean;
  /** Of the file, in bytes, as the archive has it; what comes may be more. */
  readonly size: number;
  /** What a link leads to; of `same`, the path of an earlier entry. */
  readonly target: string;
  /** Can be read until the next entry is asked for; what is left of them is passed over. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** The same from the beginning, as often as wanted, where the archive is no stream. */
  readonly reread?: () => AsyncIterable<Uint8Array>;
};

export function plainPath(written: string): string {
  return written.replace(/^(\.\/+)+/, "").replace(/\/+$/, "");
}

const MEBIBYTE = 1024 * 1024;

/** Sizes in bytes. */
export type UploadSizes = {
  /** Of a chunk. A registry behind a proxy that takes no such bodies is sent a quarter of it. */
  readonly chunkBytes: number;
  /** A blob that is no larger goes in one request; with `Infinity` every blob does, whatever the registry says. */
  readonly monolithicUpTo: number;
};

export const USUAL_SIZES: UploadSizes = { chunkBytes: 256 * MEBIBYTE, monolithicUpTo: 256 * MEBIBYTE };

/** How blobs are sent: the large ones in chunks, or in smaller ones, or none of them. */
export type Manner = "usual" | "small-chunks" | "monolithic";

/** How one registry wants its blobs sent, as far as it is known by now. */
export type Manners = {
  readonly current: () => Manner;
  /** Notes that the registry refused a manner, and what may do instead; false where that was refused as well. */
  readonly change: (refused: Manner, instead: Manner) => boolean;
};

export function createManners(registry: string, { monolithicUpTo }: UploadSizes): Manners {
  const isMonolithic = monolithicUpTo === Number.POSITIVE_INFINITY || takesNoChunks(registry);
  let current: Manner = isMonolithic ? "monolithic" : "usual";
  return {
    current: () => current,
    change(refused, instead) {
      if (refused !== "usual") return false;
      if (current === "usual") current = instead;
      return current === instead;
    },
  };
}

/** The size of the chunks that a blob is sent in; undefined where it goes in one request. */
export function chunkBytesFor(size: number, manner: Manner, sizes: UploadSizes): number | undefined {
  if (manner === "monolithic") return undefined;
  const isSmall = manner === "small-chunks";
  const chunkBytes = isSmall ? Math.ceil(sizes.chunkBytes / 4) : sizes.chunkBytes;
  return size <= (isSmall ? chunkBytes : sizes.monolithicUpTo) ? undefined : chunkBytes;
}

/**
 * GitHub's registry answers 416 to a chunk of more than 4 MiB, Google's support none, Amazon's answers 201 after the
 * first one.
 */
const WITHOUT_CHUNKS = [
  /^ghcr\.io$/,
  /^(.+\.)?gcr\.io$/,
  /\.pkg\.dev$/,
  /\.dkr\.ecr\.[^.]+\.amazonaws\.com(\.cn)?$/,
];

function takesNoChunks(registry: string): boolean {
  const host = registry.toLowerCase().replace(/:\d+$/, "");
  return WITHOUT_CHUNKS.some((pattern) => pattern.test(host));
}

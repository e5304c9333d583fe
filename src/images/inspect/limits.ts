import { UnreadableImage } from "../read-images.ts";

/** An image that would take more of this machine than any that makes sense. */
export class OversizedImage extends UnreadableImage {}

/** In bytes. */
export type ScanLimits = {
  /** Of all that is told of one layer. */
  readonly mostHeldBytes: number;
  /** Of the head of one package's description. */
  readonly mostMetadataBytes: number;
  /** Of the list of all packages. */
  readonly mostDatabaseBytes: number;
  /** Of a file of code whose lines are to be compared, and of all of a layer. */
  readonly mostTextBytes: number;
  readonly mostTextBytesTogether: number;
  /** How many times as much as it was stored in a layer may become, where it is more than so much. */
  readonly mostGrowth: number;
  readonly leastBomb: number;
};

export const LIMITS: ScanLimits = {
  mostHeldBytes: 128 << 20,
  mostMetadataBytes: 64 << 10,
  mostDatabaseBytes: 64 << 20,
  mostTextBytes: 512 << 10,
  mostTextBytesTogether: 32 << 20,
  mostGrowth: 200,
  leastBomb: 1 << 30,
};

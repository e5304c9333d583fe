import type { Digest } from "../model/digest.ts";
import type { Descriptor, Image } from "../model/image.ts";
import type { StepContext } from "../model/step-kind.ts";

/** A smaller layer is sent again sooner than it is asked for. */
const WORTH_NOTING_BYTES = 16e6;

/** What sockets, buffers and the headers of an archive hold at most of bytes that the engine has not looked at yet. */
const ON_THE_WAY_BYTES = 16e6;

/** What an engine keeps of an image that it was given, should the load not come to its end. */
export type InterruptedLoad = {
  /** What it has of an earlier load. */
  readonly kept: readonly Digest[];
  /** The bytes of an archive of these blobs, in this order. Each layer that is through is noted. */
  readonly follow: (
    chunks: AsyncIterable<Uint8Array>,
    blobs: readonly Descriptor[],
  ) => AsyncIterable<Uint8Array>;
  readonly forget: () => Promise<void>;
};

/**
 * The containerd store keeps each layer that came whole for a day, whatever becomes of the image. There is no way to ask
 * for them, so they are noted here. The classic store keeps nothing.
 */
export async function findInterruptedLoad(
  { images }: Image,
  { engine, given }: StepContext,
): Promise<InterruptedLoad> {
  const probed = await engine.probe();
  const isKeeping = probed.ok && probed.value.containerdStore;
  if (!isKeeping) return { kept: [], follow: (chunks) => chunks, forget: async () => {} };
  const { endpoint } = probed.value;
  const large = images.flatMap(({ layers }) => layers).filter(({ size }) => size >= WORTH_NOTING_BYTES);
  const digests = [...new Set(large.map(({ digest }) => digest))];

  async function* follow(
    chunks: AsyncIterable<Uint8Array>,
    blobs: readonly Descriptor[],
  ): AsyncGenerator<Uint8Array> {
    let [read, end, through] = [0, 0, 0];
    const noteUpTo = async (place: number): Promise<void> => {
      for (let blob = blobs[through]; blob && end + blob.size <= place; blob = blobs[through]) {
        if (digests.includes(blob.digest)) await given.note(endpoint, blob.digest);
        end += blob.size;
        through += 1;
      }
    };
    for await (const chunk of chunks) {
      yield chunk;
      read += chunk.length;
      await noteUpTo(read - ON_THE_WAY_BYTES);
    }
    // What is left to do takes the engine as long as it took to send all this.
    await noteUpTo(read);
  }

  return {
    kept: await given.find(endpoint, digests),
    follow,
    forget: () => given.forget(endpoint, digests),
  };
}

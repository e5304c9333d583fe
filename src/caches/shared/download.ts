import { bytesOf } from "../../model/chunks.ts";
import type { Digest } from "../../model/digest.ts";
import type { StepOutput } from "../../model/outcome.ts";
import type { VerifyingKey } from "../../model/signature.ts";
import type { ContentStore } from "../../model/source.ts";
import type { Breaker } from "./breaker.ts";
import { arriving, type PatienceMs, type Waiting, whileMoving, whileMovingWell } from "./patience.ts";
import type { SharedPlace } from "./shared-place.ts";
import { MOST_RECORD_BYTES, openRecord, type RecordProblem } from "./signed-records.ts";

export type Download = {
  readonly place: SharedPlace;
  readonly breaker: Breaker;
  readonly patienceMs: PatienceMs;
  readonly waiting: Waiting;
};

/** What a place claims was made under a key; `unasked` where it gave no answer. */
export async function downloadRecord(
  key: Digest,
  trustedKeys: readonly VerifyingKey[],
  download: Download,
): Promise<StepOutput | RecordProblem | "absent" | "unasked"> {
  const text = await download.breaker.attempt(() => readRecord(key, download));
  if (text === undefined) return "unasked";
  if (text.value === undefined) return "absent";
  return openRecord(text.value, key, trustedKeys);
}

/** A record may take only so long as a whole, however slowly it trickles. */
function readRecord(key: Digest, { place, patienceMs, waiting }: Download): Promise<string | undefined> {
  return whileMoving(patienceMs.idle, waiting, async (wholeSignal) => {
    const chunks = await whileMoving(patienceMs.answer, { ...waiting, signal: wholeSignal }, () =>
      place.read("ac", key, wholeSignal),
    );
    return chunks === undefined ? undefined : collect(chunks);
  });
}

/** What is longer than any record is cut off, and will not parse. */
async function collect(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const bytes = await bytesOf(cutOff(chunks, MOST_RECORD_BYTES + 1));
  return bytes.length > MOST_RECORD_BYTES ? "" : bytes.toString("utf8");
}

export type Content = { readonly digest: Digest; readonly size: number };

/** Brings a content into the store; `wrong` where other bytes came, `absent` where none came. */
export async function downloadContent(
  { digest, size }: Content,
  store: ContentStore,
  { place, breaker, patienceMs, waiting }: Download,
): Promise<"here" | "wrong" | "absent"> {
  if ((await store.find(digest)) !== undefined) return "here";
  const written = await breaker.attempt(() =>
    whileMovingWell(patienceMs.idle, size, waiting, async (signal, movement) => {
      const chunks = await place.read("cas", digest, signal);
      return chunks && store.write(arriving(cutOff(chunks, size), movement));
    }),
  );
  if (written?.value === undefined) return "absent";
  return written.value.digest === digest ? "here" : "wrong";
}

/** No more bytes than were announced, whatever comes. */
async function* cutOff(chunks: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let left = most;
  if (left === 0) return;
  for await (const chunk of chunks) {
    yield chunk.subarray(0, left);
    left -= Math.min(chunk.length, left);
    if (left === 0) return;
  }
}

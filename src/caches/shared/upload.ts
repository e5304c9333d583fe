import { once } from "../../model/chunks.ts";
import type { Digest } from "../../model/digest.ts";
import type { Files } from "../../model/host.ts";
import type { ContentStore } from "../../model/source.ts";
import type { Content } from "./download.ts";
import { leaving, type PatienceMs, type Waiting, whileMoving, whileMovingWell } from "./patience.ts";
import type { SharedContent, SharedKind, SharedPlace } from "./shared-place.ts";

export type Upload = {
  readonly place: SharedPlace;
  readonly store: ContentStore;
  readonly files: Files;
  readonly patienceMs: PatienceMs;
  readonly waiting: Waiting;
};

/** Puts a content there if it is not; false where our own store does not have it any more. */
export async function uploadContent(
  { digest, size }: Content,
  { isDamagedThere }: { readonly isDamagedThere: boolean },
  upload: Upload,
): Promise<boolean> {
  const { place, store, files, patienceMs, waiting } = upload;
  const isThere =
    !isDamagedThere &&
    (await whileMoving(patienceMs.answer, waiting, (signal) => place.has(digest, size, signal)));
  if (isThere) return true;
  const found = await store.find(digest);
  if (found === undefined) return false;
  await send("cas", digest, { size, chunks: () => files.readStream(found) }, upload);
  return true;
}

/** Puts a record there, in the place of one there may be. */
export function uploadRecord(
  key: Digest,
  text: string,
  names: readonly Content[],
  upload: Upload,
): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  return send("ac", key, { size: bytes.length, chunks: () => once(bytes), names }, upload);
}

function send(
  kind: SharedKind,
  digest: Digest,
  { chunks, ...content }: SharedContent,
  { place, patienceMs, waiting }: Upload,
): Promise<void> {
  return whileMovingWell(patienceMs.upload, content.size, waiting, (signal, movement) =>
    place.write(kind, digest, { ...content, chunks: () => leaving(chunks(), movement) }, signal),
  );
}

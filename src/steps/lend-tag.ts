import type { Engine } from "../model/engine.ts";
import { fail, type Result } from "../model/result.ts";

/** Lends an image a tag for as long as an act takes, then gives it back to whom it belonged. */
export async function lendTag<T>(
  image: string,
  tag: string,
  engine: Engine,
  act: () => Promise<Result<T>>,
): Promise<Result<T>> {
  const holder = await engine.identify(tag);
  if (holder?.id === image) return act();
  const tagged = await engine.tag(image, tag);
  if (!tagged.ok) return fail(...tagged.diagnostics);
  try {
    return await act();
  } finally {
    if (holder === undefined) await engine.untag(tag);
    else await engine.tag(holder.id, tag);
  }
}

import type { ImageIdentity } from "../model/engine.ts";
import type { Clock } from "../model/host.ts";

/** Naming an image takes an engine ten milliseconds, and a run asks for one by its id and by each of its tags. */
const SAME_MOMENT_MS = 1_000;

type Identify = (reference: string) => Promise<ImageIdentity | undefined>;
type Answer = { readonly image: ReturnType<Identify>; readonly timeMs: number };

/** Puts a question once for all who have it in the same moment. That an image is not there is never remembered. */
export function shareRecentAnswers(ask: Identify, clock: Clock) {
  let answers = new Map<string, Answer>();

  function identify(reference: string): Promise<ImageIdentity | undefined> {
    const known = answers.get(reference);
    if (known !== undefined && clock.monotonic() - known.timeMs < SAME_MOMENT_MS) return known.image;
    const image = askAndSpread(reference, answers);
    answers.set(reference, { image, timeMs: clock.monotonic() });
    return image;
  }

  /** What is said of one name holds for the others of the image. */
  async function askAndSpread(reference: string, known: Map<string, Answer>) {
    const timeMs = clock.monotonic();
    try {
      const image = await ask(reference);
      if (image === undefined) known.delete(reference);
      else
        for (const name of [image.id, ...image.tags])
          known.set(name, { image: Promise.resolve(image), timeMs });
      return image;
    } catch (error) {
      known.delete(reference);
      throw error;
    }
  }

  /** To be called after every act that moves a name. */
  function forget(): void {
    // An answer still on its way may be of before, and goes to the old map.
    answers = new Map();
  }

  return { identify, forget };
}

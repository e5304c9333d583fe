import { compareInspected } from "../../images/inspect/compare-inspected.ts";
import type { LayerFacts } from "../../images/inspect/layer-facts.ts";
import type { Digest } from "../../model/digest.ts";
import { imageDifferenceToText } from "../../report/image-difference-text.ts";
import { EXIT } from "../exit-code.ts";
import { readInspected } from "../inspect/read-image.ts";
import { refuse } from "../refuse.ts";
import type { Session } from "../session.ts";
import { type InspectOptions, tellReading } from "./inspect.ts";

/** Tells what is another in two images, as `diff` does: the exit code is 1 where they differ, and 2 where one cannot be read. */
export async function diff(
  session: Session,
  { first, second, ...options }: InspectOptions & { readonly first: string; readonly second: string },
): Promise<number> {
  const known = new Map<Digest, LayerFacts>();
  const read = (reference: string) =>
    readInspected(session, { reference, known, ...options, ...tellReading(session, reference) });
  const before = await read(first);
  const after = await read(second);
  if (!before.ok || !after.ok) {
    const code = refuse(session, ...[before, after].flatMap((one) => (one.ok ? [] : one.diagnostics)));
    return code === EXIT.different ? EXIT.notCompared : code;
  }
  const difference = await compareInspected(before.value, after.value);
  session.writeData(
    session.options.json
      ? `${JSON.stringify(difference, undefined, 2)}\n`
      : imageDifferenceToText(difference, session.terminal.color),
  );
  return difference.isSame ? EXIT.done : EXIT.different;
}

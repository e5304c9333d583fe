import { inspectedImageToText } from "../../report/inspected-image-text.ts";
import { wordBytes } from "../../report/word-transfer.ts";
import { EXIT } from "../exit-code.ts";
import { type InspectRequest, readInspected } from "../inspect/read-image.ts";
import { refuse } from "../refuse.ts";
import { type Session, tell } from "../session.ts";

export type InspectOptions = Pick<InspectRequest, "platform" | "files" | "full">;

/** Tells what an image is and what is in it, wherever it lies; needs no package. */
export async function inspect(
  session: Session,
  { image, ...options }: InspectOptions & { readonly image: string },
): Promise<number> {
  const read = await readInspected(session, { reference: image, ...options, ...tellReading(session, image) });
  if (!read.ok) return refuse(session, ...read.diagnostics);
  const { shown } = read.value;
  session.writeData(
    session.options.json ? `${JSON.stringify(shown, undefined, 2)}\n` : inspectedImageToText(shown),
  );
  return EXIT.done;
}

/** What is brought from a registry may take a while. */
export function tellReading(session: Session, image: string): Pick<InspectRequest, "onReading"> {
  return {
    onReading: (layers, bytes) =>
      tell(
        session,
        `reading ${wordBytes(bytes)} of ${image}, ${layers} ${layers === 1 ? "layer" : "layers"}`,
      ),
  };
}

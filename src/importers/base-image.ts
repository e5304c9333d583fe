import { whyUnfit } from "./fitting.ts";
import type { Field, Reading } from "./reading.ts";

/** The image of a version of Python, such as `3.11`. Patches of it are Docker Hub's too. */
export function pythonImage(reading: Reading, field: Field): string | undefined {
  const version = reading.text(field);
  if (version === undefined) return undefined;
  if (/^3\.\d{1,2}(?:\.\d{1,2})?$/.test(version)) return `python:${version}-slim`;
  reading.leave(field, "it is no version of Python as `3.12` is: name a `base_image` that has it");
  return undefined;
}

/** An image by its name, if it is one. */
export function namedImage(reading: Reading, field: Field): string | undefined {
  const image = reading.text(field);
  if (image === undefined) return undefined;
  const why = whyUnfit({ base_image: image });
  if (why === undefined) return image;
  reading.leave(field, why);
  return undefined;
}

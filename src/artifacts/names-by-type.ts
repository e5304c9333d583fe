import type { Descriptor } from "../model/image.ts";

/** What Docker Model Runner itself calls the files of older artifacts, whose layers have no names. */
const NAMES: readonly (readonly [type: RegExp, stem: string, extension: string])[] = [
  [/^application\/vnd\.docker\.ai\.gguf\.v\d+$/, "model", ".gguf"],
  [/^application\/vnd\.docker\.ai\.safetensors$/, "model", ".safetensors"],
  [/^application\/vnd\.docker\.ai\.dduf$/, "model", ".dduf"],
  [/^application\/vnd\.docker\.ai\.mmproj$/, "model", ".mmproj"],
  [/^application\/vnd\.docker\.ai\.chat\.template\.jinja$/, "template", ".jinja"],
  [/^application\/vnd\.docker\.ai\.license$/, "LICENSE", ""],
];

export type NamedByType = (layer: Descriptor) => string | undefined;

/** The names of layers that have none of their own, by what they are: one `model.gguf`, or `model-00001-of-00003.gguf`. */
export function nameByType(layers: readonly Descriptor[]): NamedByType {
  return (layer) => {
    const [type, stem = "", extension = ""] = NAMES.find(([pattern]) => pattern.test(layer.mediaType)) ?? [];
    if (type === undefined) return undefined;
    const alike = layers.filter(({ mediaType }) => type.test(mediaType));
    if (alike.length === 1) return `${stem}${extension}`;
    const padded = (number: number) => String(number).padStart(5, "0");
    return `${stem}-${padded(alike.indexOf(layer) + 1)}-of-${padded(alike.length)}${extension}`;
  };
}

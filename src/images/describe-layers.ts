import type { DescribedLayer, Layer, LayerPart } from "../model/image.ts";
import { wordsOfLayers } from "./image-config.ts";

const PARTS: Readonly<Record<string, LayerPart>> = {
  "system packages": "system-packages",
  "Python packages": "packages",
  "folder of the service": "other",
  server: "server",
  code: "code",
};

/** What each layer is for, as an image's configuration tells it: what lies below the first layer of ours is the base. */
export function describeLayers(config: string, layers: readonly Layer[]): readonly DescribedLayer[] {
  const words = wordsOfLayers(config);
  const first = words.findIndex((word) => word !== undefined && OURS.test(word));
  return layers.map((layer, index) => {
    const createdBy = words[index];
    const what = OURS.exec(createdBy ?? "")?.[1];
    const made = createdBy === undefined ? {} : { createdBy };
    if (what === undefined) return { ...layer, ...made, part: index < first ? "base" : "other" };
    const model = /^model (.+)$/s.exec(what)?.[1];
    if (model !== undefined) return { ...layer, ...made, part: "model", name: model };
    return { ...layer, ...made, part: what.startsWith("packages of conda") ? "packages" : partOf(what) };
  });
}

const OURS = /^mlpackage: (.+)$/s;

function partOf(what: string): LayerPart {
  return (Object.hasOwn(PARTS, what) ? PARTS[what] : undefined) ?? "other";
}

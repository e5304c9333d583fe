import type { DescribedLayer, LayerPart } from "../model/image.ts";
import type { ReportedImage } from "../model/run-report.ts";
import { wordBytes } from "../report/word-transfer.ts";
import { DigestText } from "./copy-button.tsx";
import { count, wordShare } from "./words.ts";

const PARTS: Readonly<Record<LayerPart, string>> = {
  base: "base image",
  "system-packages": "system packages",
  packages: "packages",
  model: "model",
  server: "server",
  code: "code",
  other: "other",
};
const ORDER = Object.keys(PARTS) as readonly LayerPart[];

/** What is in each image, and how much of it. */
export function Images({ images }: { readonly images: readonly ReportedImage[] }) {
  if (images.length === 0) return null;
  return (
    <section id="image" aria-labelledby="image-title">
      <h2 id="image-title">Image</h2>
      {images.map((image) => (
        <Image key={image.platform} image={image} />
      ))}
    </section>
  );
}

function Image({ image: { platform, digest, layers } }: { readonly image: ReportedImage }) {
  const total = sizeOf(layers);
  const sorted = [...layers].sort((a, b) => b.size - a.size);
  return (
    <div class="image">
      <div class="image-head">
        <h3>{platform}</h3>
        <p>
          <strong>{wordBytes(total)}</strong> in {count(layers.length, "layer")}, as a registry keeps them
        </p>
        <DigestText digest={digest} of={platform} />
      </div>
      <div class="stack" aria-hidden="true">
        {ORDER.flatMap((part) => layers.filter((layer) => layer.part === part)).map((layer) => (
          <div
            key={layer.digest}
            class={`piece ${layer.part}`}
            style={{ flexGrow: layer.size }}
            title={`${wordLayer(layer)}: ${wordBytes(layer.size)}`}
          />
        ))}
      </div>
      <ul class="legend">
        {ORDER.map((part) => [part, layers.filter((layer) => layer.part === part)] as const)
          .filter(([, ofPart]) => ofPart.length > 0)
          .map(([part, ofPart]) => (
            <li key={part}>
              <span class={`swatch ${part}`} /> {PARTS[part]}{" "}
              <strong>{wordShare(sizeOf(ofPart), total)}</strong>
              <span class="told"> {wordBytes(sizeOf(ofPart))}</span>
            </li>
          ))}
      </ul>
      <table class="layers">
        <caption class="unseen">Layers of {platform}, the largest first</caption>
        <thead>
          <tr>
            <th scope="col">Layer</th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col" class="number">
              Share
            </th>
            <th scope="col" class="wide">
              Digest
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((layer, index) => (
            <tr key={`${layer.digest} ${index}`}>
              <th scope="row">
                <span class={`swatch ${layer.part}`} /> {wordLayer(layer)}
                <Maker layer={layer} />
              </th>
              <td class="number">{wordBytes(layer.size)}</td>
              <td class="number">{wordShare(layer.size, total)}</td>
              <td class="wide">
                <DigestText digest={layer.digest} of={`the layer ${wordLayer(layer)}`} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What made a layer that is not ours; of ours, the line above says it. */
function Maker({ layer: { createdBy } }: { readonly layer: DescribedLayer }) {
  if (createdBy === undefined || createdBy.startsWith("mlpackage: ")) return null;
  return <span class="made">{createdBy}</span>;
}

function wordLayer({ part, name }: DescribedLayer): string {
  return name === undefined ? PARTS[part] : `${PARTS[part]} ${name}`;
}

function sizeOf(layers: readonly DescribedLayer[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}

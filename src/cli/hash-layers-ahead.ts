import path from "node:path";
import { isLarge, layerParts, planLayer } from "../images/layers.ts";
import type { Config, ModelConfig } from "../model/config.ts";
import type { Files } from "../model/host.ts";
import type { OutputFile } from "../model/outcome.ts";
import { modelFolder } from "../steps/image-layout.ts";

/**
 * Begins to hash the layer of a large file while the file itself is hashed: both take the same bytes, which are in
 * memory now, and another core. The layer's step asks for the same and finds it done. What it would have compressed, or
 * put together with other files, was hashed for nothing.
 */
export function hashLayersAhead(
  { directory, build }: Config,
  files: Files,
): (model: ModelConfig, file: Omit<OutputFile, "digest">) => void {
  return (model, { origin, ...file }) => {
    if (origin === undefined || model.unpack || !isLarge(file) || "level" in build.compression) return;
    const plan = planLayer(modelFolder(model), [{ ...file, digest: "sha256:" }]);
    const parts = layerParts(plan, () => path.join(directory, origin));
    files.digestParts(parts).catch(() => {});
  };
}

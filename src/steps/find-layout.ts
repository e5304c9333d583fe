import path from "node:path";
import type { StepContext } from "../model/step-kind.ts";
import { InputChanged } from "./output-files.ts";
import type { PinnedBase } from "./read-base.ts";

/** Where the layout lies, which must be the one that was pinned. */
export async function findLayout(
  base: Extract<PinnedBase, { readonly kind: "oci-layout" }>,
  { host, directory }: StepContext,
) {
  const place = path.join(directory, base.path);
  const isArchive = (await host.files.status(place))?.type === "file";
  const found = await host.files.digestIfFile(isArchive ? place : path.join(place, "index.json"));
  if (found?.digest !== base.digest) throw new InputChanged(base.path);
  return { place, isArchive };
}

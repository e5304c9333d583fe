import path from "node:path";
import type { StepContext } from "../model/step-kind.ts";
import { hasBase, VENDORED_BASE } from "../model/vendor.ts";
import type { PinnedBase } from "./read-base.ts";

/** The folder of the layout that a vendor folder has of the base, all of it checked; undefined where it has none. */
export async function demandVendoredBase(
  base: PinnedBase,
  platforms: readonly string[],
  { vendor }: StepContext,
): Promise<string | undefined> {
  if (vendor === undefined || base.kind !== "image") return undefined;
  if (!hasBase(vendor.list, base.digest, platforms)) return undefined;
  const files = vendor.list.files.filter(({ part }) => part === "base");
  await Promise.all(files.map((file) => vendor.demand(file)));
  return path.join(vendor.folder, VENDORED_BASE);
}

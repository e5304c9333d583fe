import { digestOfValue } from "../model/digest.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { StepKind } from "../model/step-kind.ts";
import type { VendoredFile } from "../model/vendor.ts";
import { findMissingFile } from "./output-files.ts";
import { bringBase } from "./vendor-base.ts";
import { bringPackages } from "./vendor-packages.ts";

/** Brings what a lock names into the store, from where a vendor folder is laid out: the base image, or what is installed. */
export const vendorKind: StepKind = {
  kind: "vendor",
  version: 2,
  summary: "brings what the lock names, for runs without a network",
  shareable: false,
  timeoutMs: 2 * 60 * 60_000,
  attempts: 1,
  async run(step, context) {
    const bring = step.name === "base" ? bringBase : bringPackages;
    const brought = await bring(step, context);
    return brought.ok ? { ...brought, value: outputOf(brought.value) } : brought;
  },
  findMissing: (_step, output, context) => findMissingFile(output, context),
};

function outputOf(vendored: readonly VendoredFile[]): StepOutput {
  const values = { vendored } as unknown as SerializableRecord;
  const files = vendored.map(({ path, digest, size }): OutputFile => ({ path, digest, size, mode: 0o644 }));
  return { digest: digestOfValue(values), files, values };
}

/** What a step of this kind has brought. */
export function vendoredOf(output: StepOutput): readonly VendoredFile[] {
  return (output.values as unknown as { readonly vendored: readonly VendoredFile[] }).vendored;
}

import { pointerTo } from "../document/locate.ts";
import type { Signer, SigningKey } from "../model/attestation.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Graph } from "../model/graph.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import type { Package } from "./open-package.ts";

/**
 * The public halves of the keys that steps of a graph sign with, by how the configuration names the keys: asked for
 * before anything is built, so that a key that cannot be used is told of then.
 */
export async function findPublicKeys(
  { steps }: Graph,
  { config }: Package,
  signer: Signer,
  signal: AbortSignal,
): Promise<Result<Readonly<Record<string, string>>>> {
  const references = steps.flatMap(({ kind, inputs }) =>
    kind === "attest"
      ? (inputs.keys as unknown as readonly SigningKey[]).map(({ reference }) => reference)
      : [],
  );
  const found = await Promise.all(
    [...new Set(references)].map(async (reference): Promise<Result<readonly [string, string]>> => {
      const asked = await signer.publicKeyOf(reference, signal);
      const user = config.outputs.find((output) => output.type === "image" && output.sign?.key === reference);
      const at = (diagnostic: Diagnostic): Diagnostic =>
        user === undefined ? diagnostic : { ...diagnostic, path: pointerTo(user.pointer, "sign", "key") };
      return asked.ok ? succeed([reference, asked.value] as const) : fail(...asked.diagnostics.map(at));
    }),
  );
  const all = combine(found);
  return all.ok ? succeed(Object.fromEntries(all.value)) : all;
}

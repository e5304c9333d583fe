import { errorDiagnostic } from "../model/diagnostic.ts";
import { isDigest } from "../model/digest.ts";
import type { Engine } from "../model/engine.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { StepKind } from "../model/step-kind.ts";
import { imageIdOf } from "./build.ts";
import { lendTag } from "./lend-tag.ts";

type PushInputs = { readonly tag: string; readonly load: boolean };

/** Sends the image to a registry under a tag. Docker's own credentials open it. */
export const pushKind: StepKind = {
  kind: "push",
  version: 1,
  summary: "pushes the image",
  shareable: false,
  timeoutMs: 2 * 60 * 60_000,
  attempts: 4,
  async run(step, context) {
    const { tag, load } = step.inputs as unknown as PushInputs;
    const image = imageIdOf(context.outputOf("build"));
    const pushed = await (load ? keepTag : lendTag)(image, tag, context.engine, () =>
      context.engine.push(tag, (text) => context.report({ type: "doing", text }), context.signal),
    );
    if (!pushed.ok) return fail(...pushed.diagnostics);
    const digest = pushed.value;
    if (!isDigest(digest)) {
      return fail(
        errorDiagnostic("push/no-digest", `the engine pushed \`${tag}\` without telling its digest`),
      );
    }
    return succeed({ digest, files: [], values: { tag, digest } });
  },
  async findMissing(step, output, { engine }) {
    const { tag } = step.inputs as unknown as PushInputs;
    const resolved = await engine.resolve(tag);
    if (!resolved.ok) return `an answer of the registry about ${tag}`;
    return resolved.value === output.values.digest ? undefined : `${tag} in the registry`;
  },
};

async function keepTag<T>(
  image: string,
  tag: string,
  engine: Engine,
  act: () => Promise<Result<T>>,
): Promise<Result<T>> {
  const tagged = await engine.tag(image, tag);
  return tagged.ok ? act() : fail(...tagged.diagnostics);
}

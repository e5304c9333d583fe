import type { BaseImageConfig } from "../model/config.ts";
import { type Result, succeed } from "../model/result.ts";
import type { StepContext } from "../model/step-kind.ts";
import { ENVIRONMENT_STAGE, type EnvironmentInputs } from "./dockerfile.ts";
import { inlineBase } from "./inline-base.ts";
import { readPinned, type Tree } from "./store-inputs.ts";

/** What a base was pinned to. */
export type PinnedBase =
  | { readonly kind: "image"; readonly reference: string; readonly digest: string }
  | { readonly kind: "dockerfile"; readonly dockerfile: Tree; readonly context: Tree }
  | { readonly kind: "oci-layout"; readonly path: string; readonly digest: string };

/** What the first stage of a Dockerfile of ours begins from. */
export async function readBase(
  base: PinnedBase,
  baseImage: BaseImageConfig,
  context: StepContext,
): Promise<Result<EnvironmentInputs["base"]>> {
  switch (base.kind) {
    case "image":
      return succeed(base);
    case "oci-layout":
      return succeed({ reference: LAYOUT_CONTEXT, digest: base.digest });
    case "dockerfile": {
      if (baseImage.kind !== "dockerfile") throw new Error("the base is pinned as a Dockerfile, and is none");
      const text = await readPinned(baseImage.dockerfile, base.dockerfile, context);
      return inlineBase(text, baseImage, ENVIRONMENT_STAGE);
    }
  }
}

/** What `FROM` calls an OCI layout, which buildx is told the place of. */
export const LAYOUT_CONTEXT = "mlpackage-base";

/** The list that belongs to a Dockerfile, pinned together with it. */
export function ignoreFileOf(pinned: Tree, baseImage: BaseImageConfig): string | undefined {
  if (baseImage.kind !== "dockerfile") return undefined;
  return Object.keys(pinned).find((name) => name !== baseImage.dockerfile);
}

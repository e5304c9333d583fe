import type { Config } from "../model/config.ts";

/** What the outputs are pushed to, images and models: a reference for each. */
export function pushedReferences({ outputs }: Pick<Config, "outputs">): readonly string[] {
  return outputs.flatMap((output) => {
    if (output.type === "modelpack") return [output.reference];
    return output.type === "image" && output.push ? output.tags : [];
  });
}

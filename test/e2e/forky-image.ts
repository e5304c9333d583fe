import { execa } from "execa";
import { repository } from "./runtime-image.ts";

/** Debian's next release with its Python and gunicorn; made when it is asked for first. */
export const makeForkyImage = (): Promise<string> => make("forky");

/** The same with scikit-learn and ONNX Runtime. */
export const makeForkyModelsImage = (): Promise<string> => make("forky-models");

async function make(name: string): Promise<string> {
  const made = await execa("bash", [`${repository}/test/rig/base-images.sh`, name], { timeout: 450_000 });
  return made.stdout;
}

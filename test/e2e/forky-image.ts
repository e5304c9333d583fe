import { execa } from "execa";
import { repository } from "./runtime-image.ts";

/** Debian's next release with its Python, gunicorn, scikit-learn and ONNX Runtime; made when it is asked for first. */
export async function makeForkyImage(): Promise<string> {
  const made = await execa("bash", [`${repository}/test/rig/base-images.sh`, "forky"], { timeout: 900_000 });
  return made.stdout;
}

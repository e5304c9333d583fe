import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";

const CLI = path.resolve("dist/mlpackage.js");

/** A copy of the example that a bench may change, with a cache and an image name of its own. */
export async function copyExample(name: string) {
  const directory = await mkdtemp(path.join(tmpdir(), "mlpackage-bench-"));
  const folder = path.join(directory, "package");
  await cp("fixtures/examples/diabetes", folder, { recursive: true });
  const env = { MLPACKAGE_CACHE_DIR: path.join(directory, "cache") };
  const call = (...args: string[]) =>
    execa("node", [CLI, "-C", folder, "--set", `name=${name}`, ...args], { env, stdin: "ignore" });
  const cleanUp = async (): Promise<void> => {
    await execa("docker", ["image", "rm", "--force", `${name}:latest`, `${name}:docker`], { reject: false });
    await rm(directory, { recursive: true, force: true });
  };
  return { folder, call, cleanUp };
}

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { startSecondEngine } from "../e2e/second-engine.ts";
import { makeWheel } from "../e2e/wheel.ts";
import type { Bench } from "./run.ts";

const CLI = path.resolve("dist/mlpackage.js");

/** An environment from apt and pip, on an engine that knows nothing: with the caches another has written, and without. */
export const sharedLayers: Bench = {
  name: "second-empty-engine",
  rounds: 3,
  isCold: true,
  async prepare() {
    const { RIG_REGISTRY = "", RIG_PYTHON_IMAGE = "" } = process.env;
    const base = `${RIG_REGISTRY}/bench/base:1`;
    await execa("docker", ["tag", RIG_PYTHON_IMAGE, base]);
    await execa("docker", ["push", "--quiet", base]);
    const directory = await mkdtemp(path.join(tmpdir(), "mlpackage-bench-"));
    const folder = path.join(directory, "package");
    await mkdir(path.join(folder, "wheels"), { recursive: true });
    await mkdir(path.join(folder, "src"));
    const wheel = path.join(folder, "wheels/greeter-1.0-py3-none-any.whl");
    await writeFile(wheel, makeWheel("greeter", "1.0", "VERSION = 'one'\n"));
    await writeFile(path.join(folder, "src/score.py"), "def init(): pass\n\n\ndef run(data): return data\n");
    await writeFile(path.join(folder, "requirements.txt"), "--no-index\ngreeter\n");
    const second = await startSecondEngine("second");
    let caches = 0;

    async function configure(build: string): Promise<void> {
      const lines = [
        "name: bench",
        `base_image: ${base}`,
        "environment:",
        "  system_packages: [libgomp1]",
        "  python: {requirements: requirements.txt, find_links: [wheels]}",
        "inference: {entry_script: score.py, source_directory: src}",
        `build: {${build}}`,
        "outputs: [{type: oci-archive, path: image.tar}]",
      ];
      await writeFile(path.join(folder, "mlpackage.yaml"), lines.join("\n"));
    }
    const apply = (engine: Readonly<Record<string, string>>) =>
      execa("node", [CLI, "-C", folder, "apply", "--no-test"], {
        env: { MLPACKAGE_CACHE_DIR: path.join(directory, `cache-${caches}`), CI: "", ...engine },
        stdin: "ignore",
      });
    const forget = async (): Promise<void> => {
      caches += 1;
      await execa("docker", ["builder", "prune", "--force", "--all"], { env: second });
      await execa("docker", ["image", "prune", "--force", "--all"], { env: second });
    };
    const cache = `type=registry,ref=${RIG_REGISTRY}/bench/layers:1`;
    await configure(`cache_to: ["${cache},mode=max"]`);
    await apply({});
    const dockerfile = `FROM ${base}
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1
RUN --mount=type=bind,source=wheels,target=/wheels PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --no-index --find-links /wheels greeter
COPY src /app
`;
    const plain = () =>
      execa(
        "docker",
        [
          "buildx",
          "build",
          "--provenance=false",
          "--output",
          "type=oci,dest=/dev/null",
          "--file",
          "-",
          folder,
        ],
        { input: dockerfile, env: second },
      );
    const prepare = (build: string) => async (): Promise<void> => {
      await forget();
      await configure(build);
    };
    return {
      contenders: [
        {
          name: "mlpackage apply, cache_from",
          before: prepare(`cache_from: ["${cache}"]`),
          run: () => apply(second),
        },
        { name: "mlpackage apply, no cache", before: prepare(""), run: () => apply(second) },
        { name: "docker buildx build, no cache", before: forget, run: plain },
      ],
      cleanUp: () => rm(directory, { recursive: true, force: true }),
    };
  },
};

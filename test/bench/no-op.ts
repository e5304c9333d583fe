import { writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { copyExample } from "./example-copy.ts";
import type { Bench } from "./run.ts";

/** Nothing changed since the last time: what it costs to find that out. */
export const noOp: Bench = {
  name: "no-op",
  rounds: 15,
  async prepare() {
    const example = await copyExample("bench-no-op");
    await example.call("apply");
    await example.call("save", "imagefiles");
    const saved = path.join(example.folder, "imagefiles");
    const bakeFile = path.join(example.folder, "docker-bake.json");
    const target = { context: saved, tags: ["bench-no-op:docker"] };
    await writeFile(bakeFile, JSON.stringify({ target: { default: target } }));
    return {
      contenders: [
        { name: "node -e 0", run: () => execa("node", ["-e", "0"]) },
        { name: "mlpackage apply", run: () => example.call("apply") },
        {
          name: "docker buildx build, its saved folder, cached",
          run: () => execa("docker", ["buildx", "build", "--tag", "bench-no-op:docker", saved]),
        },
        {
          name: "docker buildx bake, the same, cached",
          run: () => execa("docker", ["buildx", "bake", "--file", bakeFile, "--allow", `fs=${saved}`]),
        },
      ],
      cleanUp: example.cleanUp,
    };
  },
};

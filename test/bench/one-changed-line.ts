import { appendFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { copyExample } from "./example-copy.ts";
import type { Bench } from "./run.ts";

/** One line of the script changed, the image made anew and named; neither starts it. */
export const oneChangedLine: Bench = {
  name: "one-changed-line",
  rounds: 7,
  async prepare() {
    const example = await copyExample("bench-changed-line");
    await example.call("apply");
    await example.call("save", "imagefiles");
    const saved = path.join(example.folder, "imagefiles");
    const change = (script: string) => appendFile(script, `# ${performance.now()}\n`);
    return {
      contenders: [
        {
          name: "mlpackage apply --no-test",
          run: async () => {
            await change(path.join(example.folder, "src/score.py"));
            await example.call("apply", "--no-test");
          },
        },
        {
          name: "docker buildx build, its saved folder",
          run: async () => {
            await change(path.join(saved, "app/score.py"));
            await execa("docker", ["buildx", "build", "--tag", "bench-changed-line:docker", saved]);
          },
        },
      ],
      cleanUp: example.cleanUp,
    };
  },
};

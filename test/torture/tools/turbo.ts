import path from "node:path";
import { createCommandTool, writeFiles } from "../copy-task.ts";
import { installNpmTool, nodeModulesOf, QUIET } from "./installed.ts";
import { linkOnce } from "./link-once.ts";

export const turbo = createCommandTool({
  name: "turbo",
  prepare: () => installNpmTool("turbo"),
  async configure(folder, args) {
    await linkOnce(nodeModulesOf("turbo"), path.join(folder, "node_modules"));
    await writeFiles(folder, {
      "package.json": {
        name: "torture",
        private: true,
        packageManager: "npm@10.8.2",
        scripts: { copy: `sh task.sh ${args.join(" ")}` },
      },
      "turbo.json": {
        tasks: { copy: { inputs: ["first.txt", "second.txt", "task.sh"], outputs: ["out/**"] } },
      },
    });
  },
  command: ["node_modules/.bin/turbo", "run", "copy"],
  environment: QUIET,
  isCacheEntry: (file) => file.startsWith(".turbo/cache/"),
});

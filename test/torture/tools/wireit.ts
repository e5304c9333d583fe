import path from "node:path";
import { createCommandTool, writeFiles } from "../copy-task.ts";
import { installNpmTool, nodeModulesOf, QUIET } from "./installed.ts";
import { linkOnce } from "./link-once.ts";

export const wireit = createCommandTool({
  name: "wireit",
  prepare: () => installNpmTool("wireit"),
  async configure(folder, args) {
    await linkOnce(nodeModulesOf("wireit"), path.join(folder, "node_modules"));
    await writeFiles(folder, {
      "package.json": {
        name: "torture",
        private: true,
        scripts: { copy: "wireit" },
        wireit: {
          copy: {
            command: `sh task.sh ${args.join(" ")}`,
            files: ["first.txt", "second.txt", "task.sh"],
            output: ["out/**"],
          },
        },
      },
    });
  },
  command: ["npm", "run", "copy"],
  environment: QUIET,
  isCacheEntry: (file) => file.startsWith(".wireit/") && file.includes("/cache/"),
});

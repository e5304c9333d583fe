import path from "node:path";
import { createCommandTool, writeFiles } from "../copy-task.ts";
import { runCommand } from "../processes.ts";
import { installNpmTool, nodeModulesOf, QUIET } from "./installed.ts";
import { linkOnce } from "./link-once.ts";

/** With its daemon, as it comes; that is ended with the project. */
export const nx = createCommandTool({
  name: "nx",
  prepare: () => installNpmTool("nx"),
  async configure(folder, args) {
    await linkOnce(nodeModulesOf("nx"), path.join(folder, "node_modules"));
    await writeFiles(folder, {
      "package.json": { name: "torture", private: true, version: "0.0.0" },
      "nx.json": { neverConnectToCloud: true, analytics: false },
      "project.json": {
        name: "torture",
        root: ".",
        targets: {
          copy: {
            executor: "nx:run-commands",
            cache: true,
            inputs: ["first.txt", "second.txt", "task.sh"].map((file) => `{projectRoot}/${file}`),
            outputs: ["{projectRoot}/out"],
            options: { command: `sh task.sh ${args.join(" ")}`, cwd: "{projectRoot}" },
          },
        },
      },
    });
  },
  command: ["node_modules/.bin/nx", "run", "torture:copy"],
  environment: QUIET,
  isCacheEntry: (file) => file.startsWith(".nx/cache/") && file.split("/").length > 3,
  async end(folder) {
    await runCommand(["node_modules/.bin/nx", "daemon", "--stop"], { folder, environment: QUIET });
  },
});

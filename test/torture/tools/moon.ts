import { createCommandTool, writeFiles } from "../copy-task.ts";
import { demandCommand } from "../processes.ts";
import { installNpmTool, nodeModulesOf, QUIET } from "./installed.ts";

/** It caches only below a git repository. */
export const moon = createCommandTool({
  name: "moon",
  prepare: () => installNpmTool("moon"),
  async configure(folder, args) {
    await writeFiles(folder, {
      ".gitignore": ".moon/cache\nout\n",
      ".moon/workspace.yml": 'projects: {torture: "."}\ntelemetry: false\n',
      "moon.yml": [
        "tasks:",
        "  copy:",
        `    command: ${JSON.stringify(["sh", "task.sh", ...args])}`,
        '    inputs: ["first.txt", "second.txt", "task.sh"]',
        '    outputs: ["out/**/*"]',
        "",
      ].join("\n"),
    });
    await demandCommand(["sh", "-c", GIT_COMMIT], { folder });
  },
  command: [`${nodeModulesOf("moon")}/.bin/moon`, "run", "torture:copy"],
  environment: QUIET,
  isCacheEntry: (file) => /^\.moon\/cache\/(outputs|hashes)\//.test(file),
});

const GIT_COMMIT =
  "git init -q . && git add -A && git -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m t";

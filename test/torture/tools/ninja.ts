import { createCommandTool, writeFiles } from "../copy-task.ts";
import { installDebianTool } from "./installed.ts";

export const ninja = createCommandTool({
  name: "ninja",
  prepare: () => installDebianTool("ninja"),
  configure: (folder, args) =>
    writeFiles(folder, {
      "build.ninja": [
        "rule copy",
        `  command = sh task.sh ${args.join(" ")}`,
        "build out/first.txt out/second.txt: copy first.txt second.txt task.sh",
        "",
      ].join("\n"),
    }),
  command: ["ninja"],
});

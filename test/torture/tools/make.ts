import { createCommandTool, writeFiles } from "../copy-task.ts";
import { installDebianTool } from "./installed.ts";

/** Each output by its inputs' times; `&:` is one recipe for both. */
export const make = createCommandTool({
  name: "make",
  prepare: () => installDebianTool("make"),
  configure: (folder, args) =>
    writeFiles(folder, {
      Makefile: [
        "out/first.txt out/second.txt &: first.txt second.txt task.sh",
        `\tsh task.sh ${args.join(" ")}`,
        "",
      ].join("\n"),
    }),
  command: ["make"],
});

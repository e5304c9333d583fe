import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** The code blocks of README in a language, from first to last. */
export function blocksOf(language: string): readonly string[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, block = ""]) =>
    name === language ? [block] : [],
  );
}

/** A command that README types, and what it shows of the output: lines, with `...` for what it leaves out. */
export type Typed = { readonly command: string; readonly shown: readonly string[] };

/** Every command of README, from first to last, without its comment. */
export function commandsTyped(): readonly Typed[] {
  return blocksOf("console").flatMap((block) =>
    block.split(/^\$ /m).flatMap((part) => {
      const [command = "", ...shown] = part.trimEnd().split("\n");
      return command === "" ? [] : [{ command: command.replace(/ {2,}# .*$/, ""), shown }];
    }),
  );
}

import type { BaseImageConfig } from "../model/config.ts";
import { dockerfileString } from "./quoting.ts";

type DockerfileBase = Extract<BaseImageConfig, { kind: "dockerfile" }>;

/** The stage a user's Dockerfile ends in, where they gave it no name; one that they have not given to another. */
const UNNAMED_STAGE = "mlpackage-base";

/**
 * A user's own Dockerfile as the first stages of ours, so that one build makes both and a saved folder is complete.
 * Build arguments become the defaults of their `ARG`; our environment begins from the target stage, or the last.
 */
export function inlineBase(text: string, base: DockerfileBase, environmentStage: string): string {
  const lines = withArguments(text.replace(/\r\n/g, "\n").trimEnd(), base.buildArgs).split("\n");
  const stages = lines.flatMap((line, index) => {
    const from = /^\s*FROM\s+(?:--\S+\s+)*\S+(?:\s+AS\s+(\S+))?\s*$/i.exec(line);
    return from === null ? [] : [{ index, name: from[1] }];
  });
  const target = base.target === undefined ? stages.at(-1) : stages.find(({ name }) => name === base.target);
  const name = target?.name ?? UNNAMED_STAGE;
  if (target !== undefined && target.name === undefined) {
    lines[target.index] = `${lines[target.index]?.trimEnd()} AS ${name}`;
  }
  return `${lines.join("\n")}\n\nFROM ${name} AS ${environmentStage}`;
}

function withArguments(text: string, buildArgs: Readonly<Record<string, string>>): string {
  return Object.entries(buildArgs).reduce(
    (lines, [name, value]) =>
      lines.replace(
        new RegExp(`^(\\s*[Aa][Rr][Gg]\\s+${name})(=.*)?$`, "gm"),
        (_all, head) => `${head}=${dockerfileString(value)}`,
      ),
    text,
  );
}

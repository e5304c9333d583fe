import { writeCommentedYaml } from "../document/write-commented.ts";
import type { Draft } from "../model/draft.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import { positionAt } from "../model/text-range.ts";

/** Where the schema is found that editors check the file by. */
const SCHEMA = "https://raw.githubusercontent.com/mlpackage/mlpackage/main/mlpackage.schema.json";

/** The text of a configuration file, with what is to be said in it. What was left out comes last. */
export async function writeDraft({ config, comments, leftOut }: Draft): Promise<string> {
  const head = [`yaml-language-server: $schema=${SCHEMA}`, ...(comments[""] ?? [])];
  const text = await writeCommentedYaml(config as unknown as SerializableRecord, { ...comments, "": head });
  const told = wordLeftOut(leftOut).map((line) => `#   ${oneLine(line)}\n`);
  return told.length === 0 ? text : `${text}\n# Not carried over:\n${told.join("")}`;
}

/** A line for each thing that is not in the file, with its place in the other one. */
export function wordLeftOut(leftOut: Draft["leftOut"]): readonly string[] {
  return leftOut.map(({ what, why, location }) => {
    if (location === undefined) return `${what}: ${why}`;
    const { line } = positionAt(location.file.text, location.range.start);
    return `${location.file.path}:${line}: ${what}: ${why}`;
  });
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}

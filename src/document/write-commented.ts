import type { Serializable, SerializableRecord } from "../model/serializable.ts";

/** Lines above a value, without their `#`, by its JSON pointer. */
export type Comments = Readonly<Record<string, readonly string[]>>;

type Writer = {
  readonly comments: Comments;
  /** In one line. */
  readonly writeFlow: (value: Serializable) => string;
};

const WIDEST = 100;
/** Mappings down to here have a line for each key, however short. */
const DEEPEST_IN_BLOCKS = 2;

/** Plain data as YAML, as a person would write it: what is short in one line, and comments above what they are of. */
export async function writeCommentedYaml(value: SerializableRecord, comments: Comments): Promise<string> {
  const { dump } = await import("js-yaml");
  const writeFlow = (one: Serializable): string =>
    isText(one) && /[\n\r\u0085\u2028\u2029]/.test(one)
      ? JSON.stringify(one)
      : dump(one, { flowLevel: 0, lineWidth: -1, noRefs: true }).trimEnd();
  const writer: Writer = { comments, writeFlow };
  const lines = Object.entries(value).flatMap(([key, inner]) => {
    const pointer = `/${escapeKey(key)}`;
    const above = commentLines(comments[pointer], "");
    return [...(above.length > 0 ? ["", ...above] : []), ...writeEntry(key, inner, pointer, "", writer)];
  });
  return `${[...commentLines(comments[""], ""), ...lines].join("\n")}\n`;
}

function writeEntry(
  key: string,
  value: Serializable,
  pointer: string,
  indent: string,
  writer: Writer,
): readonly string[] {
  const name = `${indent}${writer.writeFlow(key)}:`;
  const flow = flowOf(value, pointer, name.length, writer);
  if (flow !== undefined) return [`${name} ${flow}`];
  return [name, ...writeBlock(value, pointer, `${indent}  `, writer)];
}

/** Undefined where it has comments in it, or is too long to be read in one line. */
function flowOf(value: Serializable, pointer: string, before: number, writer: Writer): string | undefined {
  const isPlain = typeof value !== "object" || value === null;
  const flow = writer.writeFlow(value);
  if (isPlain || flow === "[]" || flow === "{}") return flow;
  if (depthOf(pointer) <= DEEPEST_IN_BLOCKS && hasMappings(value)) return undefined;
  const isCommented = Object.keys(writer.comments).some((one) => one.startsWith(`${pointer}/`));
  return isCommented || flow.includes("\n") || before + flow.length >= WIDEST ? undefined : flow;
}

function writeBlock(value: Serializable, pointer: string, indent: string, writer: Writer): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: Serializable, index) => {
      const inner = `${pointer}/${index}`;
      const above = commentLines(writer.comments[inner], indent);
      const flow = flowOf(item, inner, indent.length + 2, writer);
      if (flow !== undefined) return [...above, `${indent}- ${flow}`];
      const block = writeBlock(item, inner, `${indent}  `, writer);
      // A dash takes the place of the first line's indentation; where that is a comment, it needs a line of its own.
      const [first = "", ...rest] = block;
      return first.trimStart().startsWith("#")
        ? [...above, `${indent}-`, ...block]
        : [...above, `${indent}- ${first.trimStart()}`, ...rest];
    });
  }
  return Object.entries(value as SerializableRecord).flatMap(([key, inner]) => {
    const below = `${pointer}/${escapeKey(key)}`;
    return [
      ...commentLines(writer.comments[below], indent),
      ...writeEntry(key, inner, below, indent, writer),
    ];
  });
}

function depthOf(pointer: string): number {
  return pointer.split("/").length - 1;
}

function hasMappings(value: Serializable): boolean {
  return Array.isArray(value) ? value.some((item) => typeof item === "object" && !Array.isArray(item)) : true;
}

/** Whatever a line holds, it stays within its comment. */
function commentLines(lines: readonly string[] = [], indent: string): readonly string[] {
  return lines
    .flatMap((line) => line.split(/\r\n|[\n\r\u0085\u2028\u2029]/))
    .map((line) => `${indent}# ${line.replace(/(?!\t)\p{Cc}/gu, "�")}`.trimEnd());
}

function escapeKey(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function isText(value: Serializable): value is string {
  return typeof value === "string";
}

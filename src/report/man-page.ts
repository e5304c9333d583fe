/** A manual page as data; texts are plain, with backticks around code. */
export type ManPage = {
  readonly name: string;
  /** One line, without a period. */
  readonly summary: string;
  readonly version: string;
  readonly parts: readonly ManPart[];
};

export type ManPart = { readonly title: string; readonly blocks: readonly ManBlock[] };

export type ManBlock =
  | { readonly type: "paragraph"; readonly text: string }
  /** As it is, in its own lines. */
  | { readonly type: "literal"; readonly text: string }
  | { readonly type: "heading"; readonly text: string }
  /** What is explained, and how. */
  | { readonly type: "item"; readonly term: string; readonly text: string };

/** The page in the language of man(7), for man-db, mandoc and groff. */
export function renderManPage({ name, summary, version, parts }: ManPage): string {
  return [
    `.TH ${quote(name.toUpperCase())} 1 "" ${quote(`${name} ${version}`)}`,
    // No hyphens into options, and no stretched lines.
    ".nh",
    ".ad l",
    ".SH NAME",
    `${escapeText(name)} \\- ${escapeText(summary)}`,
    ...parts.flatMap(({ title, blocks }) => [
      `.SH ${quote(title.toUpperCase())}`,
      ...blocks.flatMap(linesOf),
    ]),
    "",
  ].join("\n");
}

function linesOf(block: ManBlock): readonly string[] {
  switch (block.type) {
    case "paragraph":
      return [".PP", wordText(block.text)];
    case "heading":
      return [`.SS ${quote(block.text)}`];
    case "item":
      return [".TP", bold(block.term), wordText(block.text)];
    case "literal":
      return [".PP", ".nf", ...block.text.split("\n").map(escapeText), ".fi"];
  }
}

/** What is in backticks stands in bold. */
function wordText(text: string): string {
  const parts = text.split(/`([^`]*)`/);
  const line = parts.map((part, index) => (index % 2 === 0 ? escapeInline(part) : bold(part))).join("");
  return guard(line);
}

const bold = (text: string): string => `\\fB${escapeInline(text)}\\fR`;

/** A backslash, and a hyphen that is to be one when it is copied; quotes that would become curly. */
function escapeInline(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti");
}

/** A line that begins with a dot or a quote would be a request. */
const guard = (line: string): string => (/^[.']/.test(line) ? `\\&${line}` : line);

const escapeText = (text: string): string => guard(escapeInline(text));
const quote = (text: string): string => `"${escapeInline(text).replaceAll('"', "\\(dq")}"`;

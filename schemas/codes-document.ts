import type { CodePage } from "../src/report/code-page.ts";

/** All pages as one text in Markdown, a heading for each code. */
export function codesDocument(pages: readonly CodePage[]): string {
  return `${HEAD}\n${pages.map(section).join("\n")}`;
}

const HEAD = `# Codes

<!-- Written by schemas/generate.ts from schemas/codes/ and fixtures/invalid/: change those, not this. -->

Every message about a mistake begins with a code, such as \`error[config/unknown-key]\`. A code never changes its meaning.
\`mlpackage explain CODE\` prints its page, \`mlpackage explain\` lists them all.
`;

function section({ code, title, why, mend, example }: CodePage): string {
  return [
    `## ${code}`,
    `${title[0]?.toUpperCase()}${title.slice(1)}.`,
    why,
    mend,
    ...(example === undefined ? [] : [fenced(example.output)]),
    ...(example?.mended === undefined ? [] : ["Mended:", fenced(example.mended)]),
  ]
    .map((paragraph) => `${paragraph}\n`)
    .join("\n");
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}

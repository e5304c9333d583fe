import type { CodePage } from "../src/report/code-page.ts";
import { PAGES } from "./codes/index.ts";
import type { Example, Page } from "./codes/page.ts";
import { type CaseMessage, readCaseFile, readCases } from "./read-cases.ts";

/** Every page, with an example from the cases that the tests go through, so that none can say what is no longer so. */
export function codePages(): readonly CodePage[] {
  const cases = readCases();
  return Object.entries(PAGES).map(([code, page]) => ({
    code,
    ...withoutExample(page),
    ...exampleOf(
      page.example,
      cases.filter((message) => message.code === code),
    ),
  }));
}

/** The text of a case's file with its words set right. */
export function mend(text: string, { fixture, replace: [from, to] }: Example): string {
  if (!text.includes(from)) throw new Error(`${fixture} has no \`${from}\` to set right`);
  return text.replace(from, () => to);
}

function withoutExample({ example: _example, ...page }: Page): Omit<Page, "example"> {
  return page;
}

function exampleOf(
  example: Example | undefined,
  messages: readonly CaseMessage[],
): Pick<CodePage, "example"> {
  if (example === undefined) {
    const [shortest] = messages.toSorted((a, b) => a.text.length - b.text.length);
    return shortest === undefined ? {} : { example: { output: shortest.text } };
  }
  const message = messages.find(({ fixture }) => fixture === example.fixture);
  if (message?.file === undefined)
    throw new Error(`${example.fixture} is no example: it does not tell this code`);
  const text = readCaseFile(example.fixture, message.file);
  return { example: { output: message.text, mended: changedLines(text, mend(text, example)) } };
}

/** The lines that are other ones now, below the line before them. */
function changedLines(before: string, after: string): string {
  const [old, lines] = [before.trimEnd().split("\n"), after.trimEnd().split("\n")];
  const start = lines.findIndex((line, index) => line !== old[index]);
  const first = Math.max(0, (start === -1 ? lines.length : start) - 1);
  const isEqualFromEnd = (back: number) => lines.at(-back) === old.at(-back);
  let equal = 0;
  while (equal < lines.length - first - 1 && isEqualFromEnd(equal + 1)) equal += 1;
  return lines.slice(first, lines.length - equal).join("\n");
}

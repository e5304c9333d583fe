import path from "node:path";
import { nearest } from "../../config/nearest.ts";
import { type Diagnostic, errorDiagnostic } from "../../model/diagnostic.ts";
import { type CodePage, renderCodeList, renderCodePage } from "../../report/code-page.ts";
import { EXIT } from "../exit-code.ts";
import { refuse } from "../refuse.ts";
import type { Session } from "../session.ts";

/** Says of a diagnostic code what its messages have no room for; without one, which codes there are. */
export async function explain(session: Session, code: string | undefined): Promise<number> {
  const { options, terminal } = session;
  const pages = await readPages(session);
  if (code === undefined) {
    const codes = pages.map(({ code, title }) => ({ code, title }));
    session.writeData(options.json ? toJson({ codes }) : renderCodeList(pages, terminal.color));
    return EXIT.done;
  }
  const page = pages.find((one) => one.code === code);
  if (page === undefined) return refuse(session, wordUnknown(code, pages));
  session.writeData(options.json ? toJson(page) : renderCodePage(page, terminal.color, terminal.columns()));
  return EXIT.done;
}

/** From a file of their own, so that no other command has to load them. */
async function readPages({ host: { files } }: Session): Promise<readonly CodePage[]> {
  // Bundled, this is in `dist/`, else in `src/cli/commands/`.
  for (const up of [".", ".."]) {
    const file = path.join(import.meta.dirname, up, "codes.generated.json");
    if ((await files.status(file)) === undefined) continue;
    return JSON.parse(await files.readText(file)) as readonly CodePage[];
  }
  throw new Error("the pages of the codes are missing from this installation");
}

function toJson(data: object): string {
  return `${JSON.stringify(data, undefined, 2)}\n`;
}

function wordUnknown(word: string, pages: readonly CodePage[]): Diagnostic {
  const near = findNear(
    word,
    pages.map(({ code }) => code),
  );
  const question = near === undefined ? "" : `did you mean \`${near}\`? `;
  return errorDiagnostic("cli/unknown-code", `there is no code \`${word}\``, {
    hint: `${question}\`mlpackage explain\` lists them all`,
  });
}

/** The part before the slash may be left out. */
function findNear(word: string, codes: readonly string[]): string | undefined {
  if (word.includes("/")) return nearest(word, codes);
  const nameOf = (code: string) => code.slice(code.indexOf("/") + 1);
  const near = nearest(word, codes.map(nameOf));
  return codes.find((code) => nameOf(code) === near);
}

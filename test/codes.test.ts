import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codePages, mend } from "../schemas/code-pages.ts";
import { PAGES } from "../schemas/codes/index.ts";
import type { Example } from "../schemas/codes/page.ts";
import { codesDocument } from "../schemas/codes-document.ts";
import { readCaseFile, readCases } from "../schemas/read-cases.ts";
import { readCase } from "./read-case.ts";

/** Every code that the tool can tell has a page, every page a code, and every example is so. */
const test = suite("codes");

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({ file: `src/${file}`, text: codeOf(readFileSync(path.join(root, "src", file), "utf8")) }));
const namespaces = new Set(Object.keys(PAGES).map(namespaceOf));
const cases = readCases();
const pages = codePages();

/** Where each code stands in the source, as a text of its own. */
const used = new Map(
  sources.flatMap(({ file, text }) =>
    [...text.matchAll(/"([a-z]+\/[a-z0-9]+(?:-[a-z0-9]+)*)"/g)].flatMap(([, code = ""]) =>
      namespaces.has(namespaceOf(code)) ? [[code, file] as const] : [],
    ),
  ),
);

test("sees the source, the pages and the cases", () => {
  assert.ok(sources.length > 100 && used.size > 200, `${sources.length} files, ${used.size} codes`);
  assert.ok(pages.length > 200 && cases.length > 100, `${pages.length} pages, ${cases.length} messages`);
});

test("every code has a page", () => {
  const missing = [...used].filter(([code]) => PAGES[code] === undefined);
  assert.is(
    missing.map(([code, file]) => `${code} of ${file}: describe it in ${homeOf(code)}`).join("\n"),
    "",
  );
});

test("every page is of a code", () => {
  const unused = Object.keys(PAGES).filter((code) => !used.has(code));
  assert.is(unused.map((code) => `${code} is told nowhere: take it out of ${homeOf(code)}`).join("\n"), "");
});

/** What could be told without being found above. */
test("every code stands in the source as one text, in a namespace that has pages", () => {
  const calls = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/\b(?:error|warning)Diagnostic\(\s*([^\s,)]+)/g)].map(([, given = ""]) => ({
      file,
      given,
    })),
  );
  assert.ok(calls.length > 150, `only ${calls.length} calls`);
  const unknown = calls.filter(
    ({ given }) => given.startsWith("`") || (given.startsWith('"') && !used.has(given.slice(1, -1))),
  );
  assert.is(
    unknown
      .map(
        ({ file, given }) =>
          `${file} tells ${given}: write each code as one text, "namespace/name"; pages of a new namespace are a file in schemas/codes/ and a line in its index.ts`,
      )
      .join("\n"),
    "",
  );
});

test("every code of a case has a page with an example", () => {
  const withExample = new Set(pages.flatMap(({ code, example }) => (example === undefined ? [] : [code])));
  assert.equal(
    [...new Set(cases.map(({ code }) => code))].filter((code) => !withExample.has(code)),
    [],
  );
});

for (const [code, { example }] of Object.entries(PAGES)) {
  if (example === undefined) continue;
  test(`what ${code} says sets its example right`, async () => {
    const before = cases.filter((message) => message.fixture === example.fixture && message.code === code);
    const after = await codesAfter(example, before[0]?.file ?? "");
    assert.ok(before.length > 0);
    assert.is(after.filter((one) => one === code).length, before.length - 1, after.join(", "));
    assert.equal(
      after.filter((one) => one.startsWith("document/")),
      [],
    );
  });
}

test("titles stand in a list, and texts are sentences", () => {
  for (const { code, title, why, mend } of pages) {
    assert.ok(title.length <= 90 && !/[.:]$|^(?:An?|The|No|There) /.test(title), `${code}: ${title}`);
    assert.ok(/^(?:[A-Z`\d]|(?:conda|cosign|pip) )/.test(why) && /[.!?]$/.test(why), `${code}: ${why}`);
    assert.ok(/^[A-Z`]/.test(mend) && /[.!?`]$/.test(mend), `${code}: ${mend}`);
    assert.is((mend.split("`").length + why.split("`").length) % 2, 0, `${code}: a backtick is alone`);
  }
});

test("codes.md is up to date: `npm run docs` writes it", () => {
  assert.fixture(codesDocument(pages), readFileSync(path.join(root, "schemas/codes.md"), "utf8"));
});

/** What is told of a copy of a case whose file is set right. */
async function codesAfter(example: Example, file: string): Promise<readonly string[]> {
  const directory = await mkdtemp(path.join(tmpdir(), "mlpackage-mended-"));
  try {
    await cp(path.join(root, "fixtures/invalid", example.fixture), directory, {
      recursive: true,
      verbatimSymlinks: true,
    });
    await writeFile(path.join(directory, file), mend(readCaseFile(example.fixture, file), example));
    const read = await readCase(directory);
    return (read.ok ? read.warnings : read.diagnostics).map(({ code }) => code);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function namespaceOf(code: string): string {
  return code.slice(0, code.indexOf("/"));
}

function homeOf(code: string): string {
  return `schemas/codes/${namespaceOf(code)}.ts`;
}

/** A file without its comments. */
function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

test.run();

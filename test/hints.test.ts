import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codePages } from "../schemas/code-pages.ts";
import { findCalls } from "./find-calls.ts";

/** Every message ends with what to type next, and is written as people speak. */
const test = suite("hints");

const root = fileURLToPath(new URL("..", import.meta.url));

/** Calls that take their hint along in a variable. */
const HINT_ELSEWHERE: Readonly<Record<string, string>> = {
  "src/config/check-expectations.ts": "`more` has the hint of the fault",
  "src/config/check-references.ts": "`more` has it, a few lines above",
  "src/steps/scan.ts": "`words` has it: its type demands one",
};

/** Messages of the file that say themselves what to write. */
const SAYS_WHAT_TO_WRITE: readonly string[] = [
  "config/bad-value",
  "config/unknown-value",
  "config/wrong-type",
  "config/bad-schema",
  "config/no-effect",
];

/** Words of the code, and turns of phrase that nobody says. */
const JARGON = /\b(?:pinned|verdict|anew|not to be had|none of ours|is told|lies? (?:in|outside|beside))\b/;

const calls = readFolder("src", ".ts")
  .filter((file) => file !== "src/model/diagnostic.ts")
  .flatMap((file) =>
    findCalls(readText(file), ["errorDiagnostic", "warningDiagnostic"]).map((call) => ({ ...call, file })),
  );

const literals = calls.flatMap(({ text, file, line }) =>
  [...text.matchAll(/^\s*"[a-z-]+\/[a-z0-9-]+",\s*(["`])(.*?)(?<!\\)\1/gs)].map((match) => ({
    words: match[2] ?? "",
    place: `${file}:${line}`,
  })),
);

const hints = calls.flatMap(({ text, file, line }) =>
  [...text.matchAll(/\bhint: (["`])(.*?)(?<!\\)\1/gs)].map((match) => ({
    words: match[2] ?? "",
    place: `${file}:${line}`,
  })),
);

test("there is something to look at", () => {
  assert.ok(calls.length > 250, `only ${calls.length} calls`);
  assert.ok(literals.length > 150, `only ${literals.length} messages`);
  assert.ok(hints.length > 150, `only ${hints.length} hints`);
});

test("every diagnostic has a hint", () => {
  const bare = calls.filter(({ text, file }) => !/\bhint\b/.test(text) && HINT_ELSEWHERE[file] === undefined);
  assert.equal(
    bare.map(({ file, line }) => `${file}:${line}`),
    [],
  );
});

test("every file that is excused has a call without a hint", () => {
  for (const file of Object.keys(HINT_ELSEWHERE))
    assert.ok(
      calls.some((call) => call.file === file && !/\bhint\b/.test(call.text)),
      file,
    );
});

test("messages begin with a lower-case letter, a name or code, and end without a full stop", () => {
  const names =
    /^(?:`|\\`|\$\{|[a-z]|\d|(?:Azure|BuildKit|Cloud|Docker|Kubernetes|MLflow|Microsoft|S3|YAML)\b)/;
  const wrong = literals.filter(({ words }) => !names.test(words) || /[.!]$/.test(words));
  assert.equal(wrong, []);
});

test("hints end without a full stop", () => {
  assert.equal(
    hints.filter(({ words }) => /\.$/.test(words)),
    [],
  );
});

test("no words of the code, and no stiff ones", () => {
  const stiff = [...literals, ...hints].filter(({ words }) => JARGON.test(words));
  assert.equal(stiff, []);
});

test("every code has a page that says what to do", () => {
  const pages = codePages();
  assert.ok(pages.length > 200);
  for (const { code, mend } of pages) assert.ok(mend.length > 10, code);
});

test("what is told of a wrong file ends with a hint", () => {
  const blocks = readdirSync(path.join(root, "fixtures/invalid")).flatMap((name) => {
    const file = `fixtures/invalid/${name}/expected.txt`;
    return readText(file)
      .split(/^(?=(?:error|warning)\[)/m)
      .filter((block) => /^(?:error|warning)\[/.test(block))
      .map((block) => ({ file, block }));
  });
  assert.ok(blocks.length > 200, `only ${blocks.length} messages`);
  const bare = blocks.filter(
    ({ block }) =>
      !/^hint: /m.test(block) && !SAYS_WHAT_TO_WRITE.some((code) => block.includes(`[${code}]: `)),
  );
  assert.equal(
    bare.map(({ file, block }) => `${file}: ${block.split("\n", 1)[0]}`),
    [],
  );
});

function readFolder(folder: string, ending: string): readonly string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending))
    .map((file) => `${folder}/${file.replaceAll("\\", "/")}`);
}

function readText(file: string): string {
  return readFileSync(path.join(root, file), "utf8");
}

test.run();

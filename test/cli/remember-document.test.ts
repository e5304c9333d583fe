import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseOnce } from "../../src/cli/remember-document.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("parseOnce");

const { files } = makeHost();
const TEXT =
  "name: demo\nmodels: [a, &x {name: b, source: 'c d'}, *x]\nnumbers: [1, -2.5, 1e30, true, null, ~]\n";
const other = TEXT.replace("demo", "else");

const newPlace = () => path.join(makeFolder(), "documents", "demo.json");

async function parse(text: string, place: string) {
  const parsed = await parseOnce({ path: "mlpackage.yaml", text }, place, files);
  if (!parsed.ok) throw new Error("it does not parse");
  return parsed.value;
}

/** What is remembered, with `demo` put in the place of another name: so we see whether it was believed. */
function plantLie(place: string, { isSealed }: { readonly isSealed: boolean }): void {
  const [line = "", check] = readFileSync(place, "utf8").replaceAll('"demo"', '"a lie"').split("\n");
  writeFileSync(place, `${line}\n${isSealed ? digestOf(line) : check}`);
}

test("the second time a text is what it was the first time", async () => {
  const place = newPlace();
  const first = await parse(TEXT, place);
  await first.remember();
  assert.equal((await parse(TEXT, place)).document, first.document);
});

test("and is not parsed", async () => {
  const place = newPlace();
  await (await parse(TEXT, place)).remember();
  plantLie(place, { isSealed: true });
  assert.is(((await parse(TEXT, place)).document.value as { readonly name: string }).name, "a lie");
});

test("another text is", async () => {
  const place = newPlace();
  await (await parse(TEXT, place)).remember();
  assert.is(((await parse(other, place)).document.value as { readonly name: string }).name, "else");
});

test("what is damaged is as none", async () => {
  const place = newPlace();
  await (await parse(TEXT, place)).remember();
  plantLie(place, { isSealed: false });
  const names = [(await parse(TEXT, place)).document.value as { readonly name: string }];
  for (const text of ["", "null", `null\n${digestOf("null")}`, "{}\n", "\0\0\0"]) {
    writeFileSync(place, text);
    names.push((await parse(TEXT, place)).document.value as { readonly name: string });
  }
  assert.equal([...new Set(names.map(({ name }) => name))], ["demo"]);
});

test("places in a text with a byte order mark are counted without it", async () => {
  const place = newPlace();
  const marked = `\uFEFF${TEXT}`;
  const first = await parse(marked, place);
  await first.remember();
  const second = await parse(marked, place);
  assert.equal(
    [first, second].map(({ document }) => document.file.text),
    [TEXT, TEXT],
  );
});

test("a cache that is not ours to write is no trouble", async () => {
  const folder = makeFolder({ documents: "a file" });
  await (await parse(TEXT, path.join(folder, "documents", "demo.json"))).remember();
});

test.run();

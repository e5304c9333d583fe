import { existsSync, readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeOut } from "../../src/config/write-out.ts";
import type { Config } from "../../src/model/config.ts";
import { readText } from "./read-fixture.ts";

const test = suite("writeOut");
const root = new URL("../../fixtures/valid/", import.meta.url);
const cases = readdirSync(root).filter(
  (name) => !existsSync(new URL(`${name}/options.json`, root)) || name === "interpolation",
);

function readCase(name: string): Config {
  const options = new URL(`${name}/options.json`, root);
  const given = existsSync(options) ? JSON.parse(readFileSync(options, "utf8")) : {};
  return demand(readText(readFileSync(new URL(`${name}/mlpackage.yaml`, root), "utf8"), given));
}

function demand(read: ReturnType<typeof readText>): Config {
  if (!read.ok) throw new Error(read.diagnostics.map(({ message }) => message).join("; "));
  return read.value;
}

for (const name of cases) {
  test(`what ${name} comes to is a file that comes to the same`, () => {
    const config = readCase(name);
    const written = writeOut(config);
    // A JSONPath has dollars that are no variables.
    const hasPaths = JSON.stringify(config.tests).includes("$");
    const text = JSON.stringify(written);
    assert.equal(demand(readText(hasPaths ? text : text.replaceAll("$", "$$$$"))), config);
  });

  test(`${name} has its secrets nowhere but by name`, () => {
    for (const { source } of readCase(name).build.secrets)
      assert.match(JSON.stringify(writeOut(readCase(name))), "env" in source ? source.env : source.file);
  });
}

test("sees the fixtures", () => assert.ok(cases.length >= 18, `${cases.length}`));

test.run();

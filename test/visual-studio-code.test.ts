import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { startLanguageServer } from "./language-server.ts";

/** What the guide has people put into `.vscode`: read from there, and used as an editor does. */
const test = suite("files of .vscode in the guide");

const root = new URL("..", import.meta.url);
const guide = readFileSync(new URL("schemas/guide/work.md", root), "utf8");

function snippetOf(name: string) {
  const opening = `\`\`\`json\n// .vscode/${name}\n`;
  const start = guide.indexOf(opening) + opening.length;
  assert.ok(start >= opening.length, `the guide has no .vscode/${name}`);
  return JSON.parse(guide.slice(start, guide.indexOf("```", start)));
}

test("the settings have the YAML extension check mlpackage.yaml by our schema, and no other file", async () => {
  const settings = snippetOf("settings.json");
  const [[address = "", files] = []] = Object.entries<readonly string[]>(settings["yaml.schemas"]);
  const schema = new URL("mlpackage.schema.json", root);
  assert.is(address, JSON.parse(readFileSync(schema, "utf8")).$id);
  const server = startLanguageServer({
    ...{ validate: true, schemaStore: { enable: false } },
    schemas: { [schema.href]: files },
    customTags: settings["yaml.customTags"],
  });
  try {
    await server.initialize();
    const wrong = "name: demo\nmodles: []\nprofiles: {a: {tests: !reset [], build: !override {}}}\n";
    const messagesOf = async (file: string) =>
      (await server.open(new URL(file, root).href, wrong)).map(({ message }) => message);
    assert.equal(await messagesOf("models/diabetes/mlpackage.yaml"), ["Property modles is not allowed."]);
    assert.equal(await messagesOf("compose.yaml"), []);
  } finally {
    server.close();
  }
});

type Pattern = { readonly regexp: string } & Readonly<Record<string, string | number>>;

test("the task's problem matcher finds the place of every mistake that has one", () => {
  const [{ problemMatcher, args }] = snippetOf("tasks.json").tasks;
  assert.equal(args, ["validate", "--no-color"]);
  const [first, second] = problemMatcher.pattern as readonly [Pattern, Pattern];
  let count = 0;
  for (const name of readdirSync(new URL("fixtures/invalid", root))) {
    const lines = readFileSync(new URL(`fixtures/invalid/${name}/expected.txt`, root), "utf8").split("\n");
    for (const [index, line] of lines.entries()) {
      if (!/^(error|warning)\[/.test(line) || !lines[index + 1]?.includes("--> ")) continue;
      const said = new RegExp(first.regexp).exec(line) ?? [];
      const place = new RegExp(second.regexp).exec(lines[index + 1] ?? "") ?? [];
      assert.match(said[Number(first.severity)] ?? "", /^(error|warning)$/);
      assert.match(line, `[${said[Number(first.code)]}]: ${said[Number(first.message)]}`);
      assert.match(place[Number(second.file)] ?? "", /^[^:]+$/);
      assert.ok(Number(place[Number(second.line)]) > 0 && Number(place[Number(second.column)]) > 0, line);
      count += 1;
    }
  }
  assert.ok(count > 100, `only ${count} mistakes with a place`);
});

test.run();

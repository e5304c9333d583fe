import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { startLanguageServer } from "./language-server.ts";

/** What whoever writes the file in an editor is shown: by the YAML language server, of our schema. */
const test = suite("editor");

const root = new URL("..", import.meta.url);
const everything = new URL("fixtures/valid/everything/", root);
const MODELINE = "# yaml-language-server: $schema=../../../mlpackage.schema.json\n";
const server = startLanguageServer();
let opened = 0;

test.before(() => server.initialize());
test.after(() => server.close());

test("finds nothing wrong with what is right", async () => {
  const text = readFileSync(new URL("mlpackage.yaml", everything), "utf8");
  assert.equal(await server.open(new URL("mlpackage.yaml", everything).href, text), []);
});

test("knows the tags that say how a profile is merged, once it is told of them", async () => {
  const text = `${MODELINE}name: demo
models: [ridge.pkl]
profiles:
  archive:
    outputs: !override
      - {type: oci-archive, path: dist/ridge.tar}
    environment: !override {system_packages: [curl]}
    build: !reset {}
    tests: !reset []
`;
  assert.equal(await server.open(new URL("tags.yaml", everything).href, text), []);
});

for (const [what, text, wanted, unwanted] of [
  [
    "a key within a profile",
    "name: demo\nprofiles:\n  gpu:\n    |",
    ["base_image", "outputs"],
    ["name: demo"],
  ],
  ["a key", "name: demo\n|", ["models", "base_image", "outputs"], ["name", "tags"]],
  ["a key of a nested mapping", "name: demo\nbuild:\n  |", ["compression", "secrets"], ["models"]],
  [
    "the value of an output's type",
    "name: demo\noutputs:\n  - type: |",
    ["image", "dockerfile", "oci-archive", "docker-archive"],
    ["path"],
  ],
  ["the keys of an image", "name: demo\noutputs:\n  - type: image\n    |", ["tags", "push"], ["path"]],
  ["the keys of an archive", "name: demo\noutputs:\n  - type: oci-archive\n    |", ["path"], ["tags"]],
  ["an enum", "name: demo\ntests:\n  - request:\n      method: |", ["GET", "POST"], ["path"]],
  ["a boolean", "name: demo\nenvironment:\n  python:\n    managed: |", ["true", "false"], []],
  ["what a shorthand stands for", "name: demo\ninference:\n  |", ["entry_script", "command"], ["tags"]],
] as const) {
  test(`completes ${what}`, async () => {
    const labels = await complete(text);
    for (const label of wanted) assert.ok(labels.includes(label), `${label}: ${labels.join(", ")}`);
    for (const label of unwanted) assert.not.ok(labels.includes(label), `${label}: ${labels.join(", ")}`);
  });
}

test("completes nothing that is no YAML", async () => {
  const { items } = await completionsOf("name: demo\n|");
  assert.not.match(JSON.stringify(items), "[object Object]");
});

for (const [text, description] of [
  ["name: demo\nbuild:\n  compres|sion: auto\n", "`auto` leaves what does not shrink"],
  ["name: demo\nbase_i|mage: python:3.12-slim\n", "A string is short for `image`."],
  ["name: demo\ninference: sco|re.py\n", "A string is short for `entry_script`."],
  ["name: demo\noutputs:\n  - ty|pe: image\n", "`oci-archive`: The image as an OCI layout in a tar file."],
  ["name: demo\noutputs:\n  - type: image\n    lo|ad: true\n", "put into the engine's own store"],
] as const) {
  test(`explains: ${description}`, async () => {
    const { uri, position } = await openAt(text);
    const hover = (await server.ask("textDocument/hover", { textDocument: { uri }, position })) as {
      contents: { value: string };
    };
    assert.match(hover.contents.value, description);
  });
}

for (const [text, line, message] of [
  ["name: demo\nmodles: []\n", 1, "Property modles is not allowed."],
  ["name: Demo\n", 0, "must be lower-case letters and digits, with single `.`, `_` or `-` between them"],
  ["inference: score.py\n", 0, 'Missing property "name".'],
  [
    "name: demo\nbuild: {compression: bzip2}\n",
    1,
    "must be `auto`, `none`, `gzip`, `zstd`, `gzip:LEVEL` (1 to 9) or `zstd:LEVEL` (1 to 19)",
  ],
  [
    "name: demo\noutputs: [{type: dockerfle, path: a}]\n",
    1,
    'Value is not accepted. Valid values: "image", "dockerfile", "oci-archive", "docker-archive", "modelpack".',
  ],
  ["name: demo\noutputs: [{type: dockerfile}]\n", 1, 'Missing property "path".'],
  ["name: demo\noutputs: [{type: dockerfile, path: a, push: true}]\n", 1, "Property push is not allowed."],
  ["name: demo\ninference: score.txt\n", 1, "must be a Python file"],
  ["name: demo\ninference: {entry_script: score.py, prot: 1}\n", 1, "Property prot is not allowed."],
  ["name: demo\ninference: 3\n", 1, 'Incorrect type. Expected "string | Entry script | Server of your own".'],
] as const) {
  test(`says what is wrong, and nothing else: ${message}`, async () => {
    const diagnostics = await server.open(nextUri(), `${MODELINE}${text}`);
    assert.equal(
      diagnostics.map((one) => [one.range.start.line - 1, one.message]),
      [[line, message]],
    );
  });
}

function nextUri(): string {
  opened += 1;
  return new URL(`editor-${opened}.yaml`, everything).href;
}

/** Opens a text with the schema; the cursor is where the `|` stands. */
async function openAt(marked: string) {
  const uri = nextUri();
  const lines = marked.slice(0, marked.indexOf("|")).split("\n");
  await server.open(uri, `${MODELINE}${marked.replace("|", "")}`);
  return { uri, position: { line: lines.length, character: lines.at(-1)?.length ?? 0 } };
}

async function completionsOf(marked: string) {
  const { uri, position } = await openAt(marked);
  return (await server.ask("textDocument/completion", { textDocument: { uri }, position })) as {
    items: readonly { label: string }[];
  };
}

async function complete(marked: string): Promise<readonly string[]> {
  return (await completionsOf(marked)).items.map(({ label }) => label);
}

test.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { explain } from "../../src/cli/commands/explain.ts";
import { makeCall } from "../fakes/call.ts";

const test = suite("explain");

test("a code: what it means, what to do, and an example", async () => {
  const { session, said } = makeCall({});
  assert.is(await explain(session, "config/sign-without-attest"), 0);
  assert.is(
    said.data,
    `config/sign-without-attest: an image is to be signed, and has nothing beside it to sign

What is signed are the SBOM and the provenance, which name the image by its
digest.

What to do
Add \`attest: true\` beside \`sign\`.

For example
  error[config/sign-without-attest]: \`sign\` needs \`attest\`: an image is signed together with its SBOM and its provenance
   --> mlpackage.yaml:5:76
    |
  4 |   - {type: image, tags: ["demo:1"], attest: true}
  5 |   - {type: image, tags: ["registry.example.com/demo:1"], push: true, sign: {key: cosign.key}}
    |                                                                            ^^^^^^^^^^^^^^^^^
  hint: add \`attest: true\`

Mended
    - {type: image, tags: ["demo:1"], attest: true}
    - {type: image, tags: ["registry.example.com/demo:1"], push: true, attest: true, sign: {key: cosign.key}}
`,
  );
  assert.is(said.words, "");
});

test("a code as data", async () => {
  const { session, said } = makeCall({});
  const options = { ...session.options, json: true };
  assert.is(await explain({ ...session, options }, "engine/no-buildx"), 0);
  assert.equal(Object.keys(JSON.parse(said.data)), ["code", "title", "why", "mend"]);
});

test("all codes, one line each", async () => {
  const { session, said } = makeCall({});
  assert.is(await explain(session, undefined), 0);
  const lines = said.data.trimEnd().split("\n");
  assert.ok(lines.length > 200, `${lines.length} lines`);
  for (const line of lines) assert.match(line, /^[a-z]+\/[a-z0-9-]+ {2,}\S/);
});

test("all codes as data", async () => {
  const { session, said } = makeCall({});
  await explain({ ...session, options: { ...session.options, json: true } }, undefined);
  const { codes } = JSON.parse(said.data);
  assert.ok(codes.length > 200);
  assert.equal(Object.keys(codes[0]), ["code", "title"]);
});

for (const [word, near] of [
  ["config/unknwon-key", "config/unknown-key"],
  ["confg/unknown-key", "config/unknown-key"],
  ["unknown-key", "config/unknown-key"],
  ["unkown-key", "config/unknown-key"],
] as const) {
  test(`${word}: ${near} is meant`, async () => {
    const { session, said } = makeCall({});
    assert.is(await explain(session, word), 64);
    assert.is(
      said.words,
      `error[cli/unknown-code]: there is no code \`${word}\`\nhint: did you mean \`${near}\`? \`mlpackage explain\` lists them all\n`,
    );
    assert.is(said.data, "");
  });
}

for (const word of ["", "/", "zebra", "constructor", "config/", "../../etc/passwd", "x".repeat(5_000)]) {
  test(`no code is near ${JSON.stringify(word.slice(0, 20))}`, async () => {
    const { session, said } = makeCall({});
    assert.is(await explain(session, word), 64);
    assert.match(said.words, /\nhint: `mlpackage explain` lists them all\n$/);
  });
}

test.run();

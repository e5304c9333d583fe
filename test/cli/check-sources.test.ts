import { suite } from "uvu";
import * as assert from "uvu/assert";
import { validate } from "../../src/cli/commands/validate.ts";
import { makeCall } from "../fakes/call.ts";

const test = suite("sources of a configuration");

/** The codes and places of what is wrong with a list of models, as `validate` tells them. */
async function mistakesOf(models: string): Promise<readonly string[]> {
  const text = `name: demo\nmodels:\n${models}inference: {command: [serve]}\n`;
  const { session, said } = makeCall({ "mlpackage.yaml": text });
  await validate({ ...session, options: { ...session.options, json: true } });
  const { diagnostics } = JSON.parse(said.data) as {
    readonly diagnostics: readonly {
      readonly code: string;
      readonly line: number;
      readonly column: number;
    }[];
  };
  return diagnostics.map(({ code, line, column }) => `${code} ${line}:${column}`);
}

test("what is wrong with an address is told by `validate`, at its place, with all the rest", async () => {
  assert.equal(
    await mistakesOf(
      '  - gopher://models/m.bin\n  - {name: n, source: "https://models.example.com/"}\n  - gone.pkl\n',
    ),
    ["cli/unknown-source 3:5", "source/not-a-file-url 4:23", "config/missing-file 5:5"],
  );
});

test("nobody is asked about an address that can be right", async () => {
  assert.equal(await mistakesOf("  - https://nobody.invalid/m.bin\n"), []);
});

test.run();

import { writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { welcome } from "../../src/cli/commands/welcome.ts";
import { COMMANDS } from "../../src/cli/options.ts";
import { makeCall } from "../fakes/call.ts";
import { gguf, sklearnPickle } from "../fakes/models.ts";

const MODEL = sklearnPickle("sklearn.linear_model._ridge");
const GGUF = gguf();
const test = suite("a call without a command");

for (const [what, files, first] of [
  [
    "an empty folder",
    {},
    "no mlpackage.yaml here: `mlpackage init --template` writes one to fill in, as there is no model here",
  ],
  ["a model", { "ridge.pkl": MODEL }, "no mlpackage.yaml here: `mlpackage init` writes one for `ridge.pkl`"],
  [
    "many models",
    { "a.gguf": GGUF, "b.gguf": GGUF, "c.gguf": GGUF, "d.gguf": GGUF },
    "no mlpackage.yaml here: `mlpackage init` writes one for `a.gguf`, `b.gguf` and 2 more",
  ],
  ["a file", { "mlpackage.yaml": "name: demo\n" }, "mlpackage.yaml is here; name a command:"],
] as const) {
  test(what, async () => {
    const { session, said, workingDirectory } = makeCall({});
    for (const [name, content] of Object.entries<string | Uint8Array>(files))
      writeFileSync(path.join(workingDirectory, name), content);
    assert.is(await welcome(session, COMMANDS), 64);
    const lines = said.words.split("\n");
    assert.is(lines[0], first);
    assert.is(lines.at(-2), "`mlpackage --help` shows every command");
    assert.is(said.data, "");
  });
}

test.run();

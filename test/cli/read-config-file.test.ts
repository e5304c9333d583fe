import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { validate } from "../../src/cli/commands/validate.ts";
import { makeCall } from "../fakes/call.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("reading a configuration file");

const LABELLED = "name: demo\ninference: {command: [serve]}\nbuild: {labels: {place: Genève}}\n";

/** The exit code and the first line of `validate` for a file of these bytes. */
async function validateBytes(bytes: Buffer): Promise<readonly [exitCode: number, line: string | undefined]> {
  const workingDirectory = makeFolder({});
  writeFileSync(path.join(workingDirectory, "mlpackage.yaml"), bytes);
  const { session, said } = makeCall({}, { workingDirectory });
  return [await validate(session), said.words.split("\n")[0]];
}

const refused = [64, "error[cli/not-utf-8]: `mlpackage.yaml` is not in UTF-8"];

test("UTF-8 is read, with its own replacement character and with a byte order mark", async () => {
  for (const text of [LABELLED, LABELLED.replace("è", "\uFFFD"), `\uFEFF${LABELLED}`])
    assert.equal(await validateBytes(Buffer.from(text)), [0, "mlpackage.yaml is valid"]);
});

test("where the file has the other ending, that is told", async () => {
  const workingDirectory = makeFolder({ "mlpackage.yml": LABELLED });
  const { session, said } = makeCall({}, { workingDirectory });
  assert.is(await validate(session), 64);
  assert.match(said.words, "hint: there is `mlpackage.yml`: rename it, or add `-f mlpackage.yml`");
});

test("other encodings are refused, and no letter becomes another", async () => {
  assert.equal(await validateBytes(Buffer.from(LABELLED, "latin1")), refused);
  assert.equal(await validateBytes(Buffer.from(`\uFEFF${LABELLED}`, "utf16le")), refused);
  assert.equal(await validateBytes(Buffer.concat([Buffer.from(LABELLED), Buffer.from([0xc3])])), refused);
});

test("a file that is no text of a configuration is not read whole", async () => {
  const [exitCode, line] = await validateBytes(Buffer.alloc(5_000_000, "# a comment\n"));
  assert.equal(
    [exitCode, line],
    [64, "error[cli/no-configuration]: `mlpackage.yaml` is too large for a configuration file"],
  );
});

test("a pipe is not waited for", async () => {
  const workingDirectory = makeFolder({});
  execFileSync("mkfifo", [path.join(workingDirectory, "mlpackage.yaml")]);
  const { session, said } = makeCall({}, { workingDirectory });
  assert.is(await validate(session), 64);
  assert.match(said.words, "error[cli/no-configuration]: `mlpackage.yaml` is no file");
});

test.run();

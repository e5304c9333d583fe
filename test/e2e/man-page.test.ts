// The manual page as man-db and groff show it.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { describeCommands } from "../../src/cli/completion/describe-commands.ts";
import { COMMANDS, COMMON_OPTIONS } from "../../src/cli/options.ts";
import { renderManPage } from "../../src/report/man-page.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace } from "./workspace.ts";

const test = timedSuite("man page");
const workspace = openWorkspace("man");
await execa("bash", [new URL("../rig/shells.sh", import.meta.url).pathname], { timeout: 100_000 });

/** What a reader sees, on one long line each; rejects nothing, and gives the warnings apart. */
async function show(file: string) {
  const env = {
    MANWIDTH: "1000",
    MANPAGER: "cat",
    LC_ALL: "C.UTF-8",
    GROFF_NO_SGR: "1",
    MAN_KEEP_FORMATTING: "",
  };
  const { stdout, stderr, exitCode } = await execa("man", ["-l", "--warnings=w", file], {
    env,
    reject: false,
  });
  return { text: stdout, warnings: stderr, exitCode };
}

test("has every command and every option, and no warning", async () => {
  const { text, warnings, exitCode } = await show(
    new URL("../../dist/mlpackage.1", import.meta.url).pathname,
  );
  assert.is(exitCode, 0);
  assert.is(warnings, "");
  const { shared, commands } = describeCommands({ shared: COMMON_OPTIONS, commands: COMMANDS });
  for (const { name, summary, flags } of commands) {
    assert.match(text, new RegExp(`^   ${name}( |$)`, "m"));
    assert.match(text.replaceAll("`", ""), summary.replaceAll("`", ""));
    for (const flag of flags) assert.match(text, new RegExp(`^ +(-\\w, )?${flag.name}( |$)`, "m"));
  }
  for (const flag of shared) assert.match(text, flag.name);
  assert.match(text, "source <(mlpackage completion bash)");
});

test("what would be a request or an escape is shown as it is", async () => {
  const texts = [".so /etc/passwd", "'br", "a\\nb \\fB", 'it\'s --no-cache ~/x ^y "z"', '.\\" no comment'];
  const page = renderManPage({
    name: "odd",
    summary: "a 'page' of .odd\\ texts",
    version: "1",
    parts: [
      { title: "Texts", blocks: texts.map((text) => ({ type: "paragraph", text })) },
      { title: "Lines", blocks: [{ type: "literal", text: texts.join("\n") }] },
      { title: "Items", blocks: texts.map((text) => ({ type: "item", term: text, text })) },
      { title: 'A "head" of .its', blocks: [] },
    ],
  });
  const file = path.join(workspace.folder, "odd.1");
  await writeFile(file, page);
  const { text, warnings } = await show(file);
  assert.is(warnings, "");
  for (const one of texts) assert.is(text.split(one).length - 1 >= 4, true, `${one}\n${text}`);
  assert.match(text, 'A "HEAD" OF .ITS');
});

test.run();

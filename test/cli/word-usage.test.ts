import { suite } from "uvu";
import * as assert from "uvu/assert";
import { askYargs } from "../../src/cli/ask-yargs.ts";
import { UsageError } from "../../src/cli/option.ts";

/** What is said of a call that is wrong: what was typed, and what to type. */
const test = suite("words for a wrong call");

for (const [call, message, hint] of [
  ["aply", "there is no command `aply`", "did you mean `mlpackage apply`?"],
  ["xyzzy", "there is no command `xyzzy`", "type `mlpackage --help` to see the commands"],
  ["--foo", "there is no command in this call", "type `mlpackage --help` to see the commands"],
  ["apply --reprot x", "`mlpackage apply` has no option `--reprot`", "did you mean `--report`?"],
  ["apply --no-tests", "`mlpackage apply` has no option `--no-tests`", "did you mean `--no-test`?"],
  ["score --dta=3", "`mlpackage score` has no option `--dta`", "did you mean `--data`?"],
  ["apply -x", "`mlpackage apply` has no option `-x`", "type `mlpackage apply --help` to see what it takes"],
  ["run -p", "`-p` needs a value", "type `mlpackage run --help` to see what it takes"],
  ["run -p abc", "`--port` takes one whole number, 0 or more, not `abc`", "type `mlpackage run --help`"],
  [
    "apply --lock-timeout 5",
    "`--lock-timeout` takes a duration such as `30s`",
    "type `mlpackage apply --help`",
  ],
  ["why", "`mlpackage why` needs STEP", "type `mlpackage why STEP`; `mlpackage why --help` says more"],
  [
    "model push",
    "`mlpackage model` needs ACTION and REFERENCE",
    "type `mlpackage model ACTION REFERENCE [FOLDER]`",
  ],
  [
    "validate x",
    "`mlpackage validate` does not know what to do with `x`",
    "type `mlpackage validate --help`",
  ],
  ["deploy --format k8s", "`--format` cannot be `k8s`", "it is one of `kubernetes`, `compose`"],
  ["deploy --format kubernets", "`--format` cannot be `kubernets`", "did you mean `kubernetes`?"],
  ["completion tcsh", "`mlpackage completion` has no shell `tcsh`", "it is one of `bash`, `zsh`, `fish`"],
] as const) {
  test(call, async () => {
    const error = await askYargs(call.split(" "), "0.0.0").catch((caught: unknown) => caught);
    assert.instance(error, UsageError);
    assert.ok((error as UsageError).message.startsWith(message), (error as UsageError).message);
    assert.ok((error as UsageError).hint.startsWith(hint), (error as UsageError).hint);
  });
}

test("in English, whatever the locale", async () => {
  const before = process.env.LC_ALL;
  process.env.LC_ALL = "de_DE.UTF-8";
  try {
    const error = await askYargs(["run", "-p"], "0.0.0").catch((caught: unknown) => caught);
    assert.is((error as UsageError).message, "`-p` needs a value");
  } finally {
    process.env.LC_ALL = before;
    if (before === undefined) delete process.env.LC_ALL;
  }
});

test.run();

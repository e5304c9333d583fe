// Completion in the shells themselves: bash and zsh at a terminal in which the keys are typed, fish by its own question.
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { COMMANDS } from "../../src/cli/options.ts";
import { timedSuite } from "./timed-suite.ts";
import { ALL, startBash, startZsh, TAB, type TypingShell } from "./typing-shell.ts";
import { openWorkspace } from "./workspace.ts";

const PROGRAM = new URL("../../dist/mlpackage.js", import.meta.url).pathname;
const shellsScript = new URL("../rig/shells.sh", import.meta.url).pathname;
const workspace = openWorkspace("completion");
const test = timedSuite("completion");

const { stdout: bashCompletion } = await execa("bash", [shellsScript], { timeout: 100_000 });
const made = await workspace.makePackage(
  "steps",
  "models: [my-model.pkl]\noutputs: [{type: dockerfile, path: out dir}]\n",
  { "my-model.pkl": "one", "my file.yaml": "", "sub folder/inner/note.txt": "" },
);
const bin = path.join(workspace.folder, "bin of ours");
const asked = path.join(workspace.folder, "asked");
await mkdir(bin);
await writeFile(
  path.join(bin, "mlpackage"),
  `#!/bin/sh\necho "$@" >>'${asked}'\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`,
);
await chmod(path.join(bin, "mlpackage"), 0o755);
const environment = { PATH: `${bin}:${process.env.PATH}`, MLPACKAGE_CACHE_DIR: workspace.cacheDirectory };
const program = path.join(bin, "mlpackage").replaceAll(" ", "\\ ");

async function scriptFor(shell: string): Promise<string> {
  const { exitCode, stdout, stderr } = await made.call(["completion", shell]);
  assert.is(exitCode, 0, stderr);
  const file = path.join(workspace.folder, `completion.${shell}`);
  await writeFile(file, stdout);
  return file;
}

const names = COMMANDS.map(({ name }) => name);

/** What stands in the line after the keys, wherever it is the same in both shells. */
const TYPED: readonly (readonly [keys: string, line: string])[] = [
  [`mlpackage ap${TAB}`, "mlpackage apply "],
  [`mlpackage ${ALL}`, `mlpackage ${[...names].sort().join(" ")} `],
  [`mlpackage --progress=pl${TAB}`, "mlpackage --progress=plain "],
  [`mlpackage --progress ${ALL}`, "mlpackage --progress auto json plain tty "],
  [`mlpackage apply --no-${ALL}`, "mlpackage apply --no-cache --no-color --no-frozen --no-test "],
  [`mlpackage logs -f --t${TAB}`, "mlpackage logs -f --tail"],
  [`mlpackage cache ${ALL}`, "mlpackage cache clear du export gc import ls verify "],
  [`mlpackage completion z${TAB}`, "mlpackage completion zsh "],
  [`mlpackage explain config/unknown-k${TAB}`, "mlpackage explain config/unknown-key "],
  // Files, folders, and neither.
  [`mlpackage -f my\\ f${TAB}`, "mlpackage -f my\\ file.yaml "],
  [`mlpackage --file=my\\ f${TAB}`, "mlpackage --file=my\\ file.yaml "],
  [`mlpackage apply my${ALL}`, "mlpackage apply my\\ file.yaml my-model.pkl "],
  [`mlpackage -C s${TAB}`, "mlpackage -C sub\\ folder/"],
  [`mlpackage -C my${TAB}`, "mlpackage -C my"],
  [`mlpackage validate my${TAB}`, "mlpackage validate my"],
  // Steps, which the program is asked for.
  [`mlpackage why bui${ALL}`, "mlpackage why build build:environment build:image "],
  [`mlpackage why build:im${TAB}`, "mlpackage why build:image "],
  [`mlpackage apply --only render fetch:${TAB}`, "mlpackage apply --only render fetch:my-model "],
  [`${program} why save:o${TAB}`, `${program} why save:out\\ dir `],
  [`mlpackage -C / why bui${TAB}`, "mlpackage -C / why bui"],
  [`mlpackage -C /no/such why bui${TAB}`, "mlpackage -C /no/such why bui"],
  [`mlpackage -C sub\\ folder/.. why rend${TAB}`, "mlpackage -C sub\\ folder/.. why render "],
  [
    `mlpackage --directory=sub\\ folder/.. why rend${TAB}`,
    "mlpackage --directory=sub\\ folder/.. why render ",
  ],
  // What a word would run, if it were run, is not run by a TAB.
  [`mlpackage -C "$(touch ran)" why bui${TAB}`, `mlpackage -C "$(touch ran)" why bui`],
];

/** zsh puts an equals sign behind a flag, bash a space, which makes no difference to who types on. */
const wordsOf = (line: string): string => line.replace(/[ =]$/, "");

async function assertTyped(shell: TypingShell): Promise<void> {
  for (const [keys, line] of TYPED) assert.is(wordsOf(await shell.type(keys)), wordsOf(line), keys);
  await shell.end();
  assert.not.ok(existsSync(made.at("ran")));
}

for (const [name, before] of [
  ["bash", ""],
  ["bash with bash-completion", `. '${bashCompletion}'\n`],
] as const) {
  test(name, async () => {
    const setup = `${before}. '${await scriptFor("bash")}'`;
    const home = path.join(workspace.folder, name);
    await assertTyped(await startBash({ folder: made.path, home, setup, environment }));
  });
}

test("bash-completion loads the script by itself", async () => {
  const data = path.join(workspace.folder, "data");
  const place = path.join(data, "bash-completion/completions");
  await mkdir(place, { recursive: true });
  await writeFile(path.join(place, "mlpackage"), await readFile(await scriptFor("bash")));
  const shell = await startBash({
    folder: made.path,
    home: path.join(workspace.folder, "loading"),
    setup: `. '${bashCompletion}'`,
    environment: { ...environment, XDG_DATA_HOME: data },
  });
  assert.is(await shell.type(`mlpackage valid${TAB}`), "mlpackage validate ");
  await shell.end();
});

test("zsh", async () => {
  const setup = `. '${await scriptFor("zsh")}'`;
  const home = path.join(workspace.folder, "zsh");
  await assertTyped(await startZsh({ folder: made.path, home, setup, environment }));
});

test("zsh loads the script from a folder of $fpath", async () => {
  const place = path.join(workspace.folder, "zfunc");
  await mkdir(place);
  await writeFile(path.join(place, "_mlpackage"), await readFile(await scriptFor("zsh")));
  const shell = await startZsh({
    folder: made.path,
    home: path.join(workspace.folder, "zsh of fpath"),
    setup: `fpath=('${place}' $fpath); compinit -u -D`,
    environment,
  });
  assert.is(await shell.type(`mlpackage valid${TAB}`), "mlpackage validate ");
  assert.is(await shell.type(`mlpackage graph --format d${TAB}`), "mlpackage graph --format dot ");
  await shell.end();
});

test("only steps and codes take a start of the program", async () => {
  const shell = await startBash({
    folder: made.path,
    home: path.join(workspace.folder, "counted"),
    setup: `. '${await scriptFor("bash")}'`,
    environment,
  });
  await writeFile(asked, "");
  for (const keys of ["mlpackage ap", "mlpackage --progress=", "mlpackage plan --d", "mlpackage -f my"])
    await shell.type(`${keys}${TAB}`);
  assert.is(await readFile(asked, "utf8"), "");
  await shell.type(`mlpackage why bui${TAB}`);
  assert.is(await readFile(asked, "utf8"), "graph --json\n");
  await shell.end();
});

/** What fish proposes for a line, without its descriptions. */
async function proposedByFish(line: string): Promise<readonly string[]> {
  const { stdout } = await execa(
    "fish",
    ["--no-config", "-c", "source $argv[1]; complete -C $argv[2]", "--", await scriptFor("fish"), line],
    { cwd: made.path, env: { ...environment, XDG_CONFIG_HOME: workspace.folder, CI: "" } },
  );
  return stdout.split("\n").map((proposal) => proposal.split("\t")[0] ?? "");
}

const IN_FISH: readonly (readonly [line: string, proposed: readonly string[]])[] = [
  ["mlpackage ap", ["apply"]],
  ["mlpackage ", [...names].sort()],
  ["mlpackage --progress=pl", ["--progress=plain"]],
  ["mlpackage --progress ", ["auto", "json", "plain", "tty"]],
  ["mlpackage apply --no-", ["--no-cache", "--no-color", "--no-frozen", "--no-test"]],
  ["mlpackage logs -f --t", ["--tail"]],
  ["mlpackage cache ", ["clear", "du", "export", "gc", "import", "ls", "verify"]],
  ["mlpackage explain config/unknown-k", ["config/unknown-key"]],
  ["mlpackage -f my", ["my file.yaml", "my-model.pkl"]],
  ["mlpackage apply my", ["my file.yaml", "my-model.pkl"]],
  ["mlpackage -C s", ["sub folder/"]],
  ["mlpackage -C my", [""]],
  ["mlpackage validate my", [""]],
  ["mlpackage why bui", ["build", "build:environment", "build:image"]],
  ["mlpackage apply --only render fetch:", ["fetch:my-model"]],
  [`${program} why save:o`, ["save:out dir"]],
  ["mlpackage -C sub\\ folder/.. why rend", ["render"]],
  ["mlpackage -C / why rend", [""]],
];

test("fish", async () => {
  for (const [line, proposed] of IN_FISH) assert.equal(await proposedByFish(line), proposed, line);
});

test("fish says what a flag does", async () => {
  const { stdout } = await execa(
    "fish",
    [
      "--no-config",
      "-c",
      "source $argv[1]; complete -C 'mlpackage plan --det'",
      "--",
      await scriptFor("fish"),
    ],
    { env: environment },
  );
  assert.is(stdout, "--detailed-exitcode\texit with 2 if there is work to do");
});

test("the shell is the one you log in with", async () => {
  for (const [shell, words] of [
    ["/bin/bash", "complete -F _mlpackage"],
    ["/usr/bin/fish", "complete -c mlpackage"],
    ["/bin/zsh", "#compdef mlpackage"],
  ] as const) {
    const { stdout } = await made.call(["completion"], { environment: { SHELL: shell } });
    assert.match(stdout, words);
  }
  const { exitCode, stderr } = await made.call(["completion"], { environment: { SHELL: "/bin/tcsh" } });
  assert.is(exitCode, 64);
  assert.match(stderr, "there is no completion for `tcsh`");
  assert.match(stderr, "`mlpackage completion fish`");
});

test("help says how to install it", async () => {
  const { stdout } = await made.call(["completion", "--help"]);
  for (const words of ["source <(mlpackage completion bash)", "compinit", "~/.config/fish/completions"])
    assert.match(stdout, words);
});

test.run();

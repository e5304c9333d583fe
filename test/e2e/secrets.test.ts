// Secrets of a build: pip is let in by them, a Dockerfile of the user's may ask for them, and nobody else sees them.
import { readFileSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { docker, runIn } from "./engine.ts";
import { findInFiles, formsOf, watchArguments } from "./find-text.ts";
import { startIndex } from "./python-index.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace, type PackageFolder, PYTHON_IMAGE } from "./workspace.ts";

const workspace = openWorkspace("secrets");
const test = timedSuite("secrets");

/** With all that an address, a shell or a pattern might take for something else. */
const TOKEN = "pypi-S3cr3t/+%~'$1&=#(a)*.end";
const FORMS = formsOf("__token__", TOKEN);
const index = await startIndex("greeter", { username: "__token__", password: TOKEN });
index.offer("1.0", "VERSION = 'one'\n");
process.on("exit", () => index.close());

const tag = `${workspace.prefix}-index:1`;
const made = await workspace.makePackage(
  "index",
  `environment:
  python: {requirements: r.txt, index_url: "${index.address}"}
build:
  secrets: [{id: pip, env: PIP_TOKEN, host: ${index.host}}]
outputs:
  - {type: image, tags: ["${tag}"]}
  - {type: dockerfile, path: imagefiles}
`,
  { "r.txt": `--trusted-host ${index.host}\ngreeter\n` },
);
const withToken = { environment: { PIP_TOKEN: TOKEN } };

function assertHidden(what: string, text: string): void {
  for (const form of FORMS) assert.not.ok(text.includes(form), `${what} holds ${form}`);
}

async function assertHiddenBelow(what: string, folder: string, least: number): Promise<void> {
  const { found, looked } = await findInFiles(folder, FORMS);
  assert.ok(looked >= least, `only ${looked} files in ${what}`);
  assert.equal(found, [], what);
}

test("without its variable nothing begins, and the place is told", async () => {
  const { exitCode, stdout, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 64, stderr);
  assert.match(
    stderr,
    "error[cli/no-secret]: the secret `pip` is missing: `PIP_TOKEN` is not set\n --> mlpackage.yaml:",
  );
  assert.match(stderr, "hint: `export PIP_TOKEN=...`, or have CI set it");
  assert.not.match(stderr + stdout, "▸");
  const empty = await made.call(["lock"], { environment: { PIP_TOKEN: "" } });
  assert.is(empty.exitCode, 64, empty.stderr);
  assert.match(empty.stderr, "`PIP_TOKEN` is empty");
});

test("a wrong one is one message, and shows nothing of it", async () => {
  const wrong = { environment: { PIP_TOKEN: `${TOKEN}x` } };
  const { exitCode, all } = await made.call(["apply", "--verbose"], wrong);
  assert.is(exitCode, 1, all);
  assert.is(all.match(/^error\[/gm)?.length, 1, all);
  assert.match(all, `error[build/login-refused]: \`${index.host}:`);
  assert.match(all, /--> mlpackage\.yaml:\d+:\d+/);
  assert.match(all, "check the secret");
  assertHidden("what was printed", all);
});

test("what pip could not be handed is refused before anything runs", async () => {
  for (const value of ["two words", "a\\b", '"quoted"', "schlüssel"]) {
    const { exitCode, stderr } = await made.call(["apply"], { environment: { PIP_TOKEN: value } });
    assert.is(exitCode, 64, stderr);
    assert.match(stderr, "error[cli/unfit-secret]: the secret `pip` cannot be passed to pip");
    assert.not.match(stderr, value);
  }
});

test("pip is let in, and the secret is in nothing that is left or said", async () => {
  const trace = path.join(workspace.folder, "trace.json");
  const { value: applied, seen } = await watchArguments(() =>
    made.call(["apply", "--verbose", "--progress", "plain", "--trace", trace], withToken),
  );
  assert.is(applied.exitCode, 0, applied.all);
  assert.is(await runIn(tag, ["python3", "-c", "import greeter; print(greeter.VERSION)"]), "one");

  const calls = [...seen].filter((words) => /buildx|-m pip install/.test(words));
  assert.ok(
    calls.some((words) => /docker-buildx.* --secret id=pip,type=env,env=/.test(words)),
    calls.join("\n"),
  );
  assert.ok(
    calls.some((words) => words.includes("pip install")),
    calls.join("\n"),
  );
  assertHidden("an argument", [...seen].join("\n"));

  assertHidden("what was printed", applied.all);
  assertHidden("the trace", readFileSync(trace, "utf8"));
  assertHidden("the lock", readFileSync(made.at("mlpackage.lock"), "utf8"));
  await assertHiddenBelow("the cache", workspace.cacheDirectory, 20);
  await assertHiddenBelow("the package, with its saved folder", made.path, 8);
  const json = await made.call(
    ["apply", "--no-cache", "--verbose", "--progress", "json", "--json"],
    withToken,
  );
  assert.is(json.exitCode, 0, json.all);
  assertHidden("what was printed as JSON", json.all);
  for (const command of ["plan", "why", "graph"]) {
    const args = command === "why" ? [command, "build:environment"] : [command];
    const told = await made.call(
      [...args, "--json"].filter((word) => command !== "graph" || word !== "--json"),
    );
    assert.is(told.exitCode, 0, told.all);
    assertHidden(command, told.all);
  }
});

test("nor in any layer of the image, its configuration or its history", async () => {
  const folder = path.join(workspace.folder, "saved-image");
  await mkdir(folder);
  const archive = path.join(folder, "image.tar");
  await docker(["save", "--output", archive, tag]);
  await execa("tar", ["--extract", "--file", archive, "--directory", folder]);
  const blobs = await readdir(path.join(folder, "blobs/sha256"));
  for (const blob of blobs) {
    const place = path.join(folder, "blobs/sha256", blob);
    const unpacked = await execa("gzip", ["--decompress", "--stdout", place], {
      encoding: "buffer",
      reject: false,
    });
    if (unpacked.exitCode === 0) await writeFile(`${place}.unpacked`, unpacked.stdout);
  }
  await assertHiddenBelow("the image", folder, 8);
  assertHidden("the history", await docker(["history", "--no-trunc", tag]));
  const names = await Promise.all(
    blobs.map((blob) =>
      execa("tar", ["--list", "--file", path.join(folder, "blobs/sha256", blob)], { reject: false }),
    ),
  );
  const listed = names.map(({ stdout }) => stdout).join("\n");
  assert.match(listed, "greeter.py");
  assert.not.match(listed, /run\/secrets|login\/netrc|tmp\/mlpackage/);
});

test("a secret that was renewed, or is not there, makes nothing stale", async () => {
  index.letIn({ username: "__token__", password: "another" });
  for (const environment of [{ PIP_TOKEN: "another" }, {}]) {
    const { exitCode, stderr } = await made.call(["apply"], { environment });
    assert.is(exitCode, 0, stderr);
    assert.match(stderr, "nothing to do");
  }
  const planned = await made.call(["plan", "--detailed-exitcode"]);
  assert.is(planned.exitCode, 0, planned.all);
  const anew = await made.call(["apply", "--no-cache", "--no-test"], {
    environment: { PIP_TOKEN: "another" },
  });
  assert.is(anew.exitCode, 0, anew.stderr);
  index.letIn({ username: "__token__", password: TOKEN });
});

test("plain `docker build` of the saved folder is told how to pass it", async () => {
  const folder = made.at("imagefiles");
  const text = readFileSync(path.join(folder, "Dockerfile"), "utf8");
  assert.match(text, "# It asks for secrets: docker build --secret id=pip,env=PIP_TOKEN .\n");
  const build = (...args: string[]) =>
    execa("docker", ["build", "--no-cache", "--progress", "plain", ...args, folder], {
      env: { PIP_TOKEN: TOKEN },
      reject: false,
      all: true,
    });
  const without = await build();
  assert.is.not(without.exitCode, 0);
  assert.match(without.all, "secret pip: not found");
  const image = `${workspace.prefix}-plain:1`;
  const built = await build("--secret", "id=pip,env=PIP_TOKEN", "--tag", image);
  assert.is(built.exitCode, 0, built.all);
  assertHidden("what docker printed", built.all);
  assert.is(await runIn(image, ["python3", "-c", "import greeter; print(greeter.VERSION)"]), "one");
});

test("a Dockerfile of the user's has them by their ids, and what it prints of them is masked", async () => {
  const value = "first line of it\nsecond/line+of it\n";
  const print = [
    "import time, urllib.parse",
    "value = open('/run/secrets/vault').read()",
    "print('it is', value, urllib.parse.quote(value.splitlines()[1], safe=''))",
    "print('second/li', end='', flush=True)",
    "time.sleep(0.5)",
    "print('ne+of it', flush=True)",
  ];
  const owner: PackageFolder = await workspace.makePackage(
    "dockerfile",
    `base_image: {dockerfile: docker/Dockerfile}
environment: {python: {managed: false}}
build:
  secrets:
    - {id: vault, file: tokens/vault}
    - {id: other, env: OTHER}
outputs: [{type: oci-archive, path: image.tar}]
`,
    {
      "tokens/vault": value,
      "docker/print.py": print.join("\n"),
      "docker/Dockerfile": `FROM ${PYTHON_IMAGE}
COPY print.py /print.py
RUN --mount=type=secret,id=vault --mount=type=secret,id=other,env=OTHER \\
    python3 /print.py && echo "the other is $OTHER" && sha256sum /run/secrets/vault > /sum
`,
    },
  );
  const environment = { OTHER: "another-secret" };
  const { exitCode, all } = await owner.call(["apply", "--no-test", "--no-cache", "--progress", "json"], {
    environment,
  });
  assert.is(exitCode, 0, all);
  assert.match(all, "it is ***", all);
  assert.match(all, "the other is ***");
  for (const part of ["first line", "second", "line+of", "%2B", "another-secret"])
    assert.not.ok(all.includes(part), `${part} in ${all}`);
  await owner.write({ "docker/print.py": `${print.join("\n")}\nraise SystemExit(7)\n` });
  const failed = await owner.call(["apply", "--no-test"], { environment });
  assert.is(failed.exitCode, 1, failed.all);
  assert.match(failed.all, "| it is ***", failed.all);
  assert.not.match(failed.all, /first line|second|line\+of|%2B/);
  // The code is the folder of the script, which is the package.
  const { found, looked } = await findInFiles(workspace.cacheDirectory, [
    "second/line+of it",
    "another-secret",
  ]);
  assert.ok(looked > 20);
  assert.equal(found, []);
  await owner.write({ "tokens/vault": " \n" });
  const missing = await owner.call(["apply", "--no-test", "--no-cache"], { environment });
  assert.is(missing.exitCode, 64, missing.all);
  assert.match(missing.all, "the secret `vault` is missing: `tokens/vault` is empty");
});

test.run();

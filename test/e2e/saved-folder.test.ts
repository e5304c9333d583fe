// The saved folder: plain `docker build` makes the same service from it, without mlpackage.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import * as assert from "uvu/assert";
import { demandImage, docker, runIn } from "./engine.ts";
import { postScore, serveImage } from "./serve-image.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace, type PackageFolder, PYTHON_IMAGE } from "./workspace.ts";

const SCRIPT = `import os
from helper import shout


def init():
    global model
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "words.txt")) as file:
        model = file.read()


def run(data):
    return shout(model + os.environ.get("BASE_SAYS", "") + data)
`;
const FILES = {
  "src/score.py": SCRIPT,
  "src/helper.py": "def shout(text):\n    return text.upper()\n",
  "src/data/extra.json": "{}",
  "words.txt": "hello ",
};
const SERVICE = `models: [words.txt]
inference: {entry_script: score.py, source_directory: src}
tests:
  - request: {body: you}
    expect: {json: HELLO YOU}
`;
const workspace = openWorkspace("folder");
const plain = await workspace.makePackage(
  "plain",
  `${SERVICE}outputs:
  - {type: dockerfile, path: imagefiles}
`,
  FILES,
);
const test = timedSuite("saved folder");

const scoreWith = (image: string, body: string): Promise<string> =>
  serveImage(image, (address) => postScore(address, body));

/** `docker build` as a user of the folder would call it; gives the tag. */
async function dockerBuild(made: PackageFolder, folder: string): Promise<string> {
  const tag = `${made.name}:plain`;
  await docker(["build", "--quiet", "--tag", tag, made.at(folder)]);
  return tag;
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1))
    .filter((name) => !/^runtime\/(mlpackage_runtime|built_in)\//.test(name))
    .sort();
}

test("an output of type dockerfile", async () => {
  const { exitCode, stderr } = await plain.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.equal(await filesBelow(plain.at("imagefiles")), [
    "Dockerfile",
    "app/data/extra.json",
    "app/helper.py",
    "app/score.py",
    "models/words/0/words.txt",
    "runtime/serve.py",
  ]);
});

test("plain docker build makes the same service", async () => {
  assert.is(await scoreWith(await dockerBuild(plain, "imagefiles"), "you"), '"HELLO YOU"');
});

test("a second apply writes nothing, and one after a change in the folder mends it", async () => {
  const again = await plain.call(["apply"]);
  assert.match(again.stderr, "nothing to do");
  await plain.write({ "imagefiles/app/score.py": "changed by hand" });
  const mended = await plain.call(["apply"]);
  assert.is(mended.exitCode, 0, mended.stderr);
  assert.is(await readFile(plain.at("imagefiles/app/score.py"), "utf8"), SCRIPT);
});

test("save writes the same folder elsewhere, and builds nothing", async () => {
  const { exitCode, stderr } = await plain.call(["save", "elsewhere"]);
  assert.is(exitCode, 0, stderr);
  assert.not.match(stderr, "build image");
  assert.equal(await filesBelow(plain.at("elsewhere")), await filesBelow(plain.at("imagefiles")));
});

test("a file that vanished from the source is not in the folder any more", async () => {
  await rm(plain.at("src/data"), { recursive: true });
  const { exitCode, stderr } = await plain.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.not.ok(existsSync(plain.at("imagefiles/app/data")));
  const saved = await plain.call(["save", "elsewhere"]);
  assert.is(saved.exitCode, 0, saved.stderr);
  assert.not.ok(existsSync(plain.at("elsewhere/app/data")));
});

test("a file that does not belong into the folder is found there, and goes", async () => {
  await plain.write({ "imagefiles/app/helper.pyc": "old" });
  await mkdir(plain.at(".mlpackage-imagefiles-a1B2c3/mlpackage"), { recursive: true });
  const { exitCode, stderr } = await plain.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "▸ save imagefiles: the content of imagefiles (app/helper.pyc is not of it)");
  assert.not.ok(existsSync(plain.at("imagefiles/app/helper.pyc")));
  assert.not.ok(existsSync(plain.at(".mlpackage-imagefiles-a1B2c3")));
});

test("what somebody else keeps in the folder stays, whatever changes", async () => {
  await plain.write({ "imagefiles/.git/HEAD": "ref", "imagefiles/compose.yaml": "services: {}\n" });
  const unchanged = await plain.call(["apply"]);
  assert.match(unchanged.stderr, "nothing to do");
  await plain.write({ "src/helper.py": "def shout(text):\n    return text.upper()  # loud\n" });
  const { exitCode, stderr } = await plain.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.match(await readFile(plain.at("imagefiles/app/helper.py"), "utf8"), "loud");
  assert.is(await readFile(plain.at("imagefiles/.git/HEAD"), "utf8"), "ref");
  assert.ok(existsSync(plain.at("imagefiles/compose.yaml")));
});

test("a folder that is not ours is refused, and stays as it is", async () => {
  await plain.write({ "mine/notes.txt": "mine", "other/Dockerfile": "FROM scratch\n" });
  for (const folder of ["mine", "other"]) {
    const { exitCode, stderr } = await plain.call(["save", folder]);
    assert.is(exitCode, 1, stderr);
    assert.match(stderr, `error[save/folder-not-ours]: \`${folder}\``);
  }
  assert.is(await readFile(plain.at("mine/notes.txt"), "utf8"), "mine");
  assert.equal(await filesBelow(plain.at("other")), ["Dockerfile"]);
  assert.not.ok((await readdir(plain.path)).some((name) => name.startsWith(".mine")));
});

test("a folder that holds the package's own sources is refused", async () => {
  for (const folder of ["src", ".", "..", "words.txt"]) {
    const { exitCode, stderr } = await plain.call(["save", folder]);
    assert.is.not(exitCode, 0, `${folder}: ${stderr}`);
    assert.not.match(stderr, "error[bug]");
  }
  assert.is(await readFile(plain.at("src/score.py"), "utf8"), SCRIPT);
  assert.ok(existsSync(plain.at("mlpackage.yaml")));
});

test("a folder outside the package is written there, named either way", async () => {
  const outside = `${plain.path}-outside`;
  for (const folder of [outside, path.relative(plain.path, outside)]) {
    const { exitCode, stderr } = await plain.call(["save", folder]);
    assert.is(exitCode, 0, stderr);
    assert.equal(await filesBelow(outside), await filesBelow(plain.at("elsewhere")));
    await rm(outside, { recursive: true });
  }
});

test("a Dockerfile that lies outside its context counts as well", async () => {
  const made = await workspace.makePackage(
    "apart",
    "base_image: {dockerfile: docker/base.Dockerfile, context: data}\n",
    { "docker/base.Dockerfile": `FROM ${PYTHON_IMAGE}\n`, "data/a.txt": "a" },
  );
  assert.is((await made.call(["apply", "--only", "render"])).exitCode, 0);
  for (const file of ["docker/base.Dockerfile", "docker/base.Dockerfile.dockerignore"]) {
    await made.write({ [file]: `FROM ${PYTHON_IMAGE}\nRUN true\n` });
    const { exitCode, stdout } = await made.call(["plan", "--detailed-exitcode", "--only", "render"]);
    assert.is(exitCode, 2, stdout);
    assert.match(stdout, "render Dockerfile: runs");
    await made.call(["apply", "--only", "render"]);
  }
});

const BASES = {
  "a stage without a name": {
    dockerfile: `FROM ${PYTHON_IMAGE}\nARG GREETING=none\nCOPY greeting.txt /greeting.txt\nENV BASE_SAYS="\${GREETING}, "\n`,
    yaml: "",
  },
  "a target that is not the last": {
    dockerfile: `ARG GREETING\nFROM ${PYTHON_IMAGE} AS wanted\nARG GREETING=none\nCOPY greeting.txt /greeting.txt\nENV BASE_SAYS="\${GREETING}, "\nFROM scratch AS unwanted\nCOPY nothing /\n`,
    yaml: "  target: wanted\n",
  },
  "a .dockerignore that leaves out everything": {
    dockerfile: `FROM ${PYTHON_IMAGE}\nARG GREETING\nCOPY . /copied/\nCOPY --from=${PYTHON_IMAGE} /etc/hostname /greeting.txt\nENV BASE_SAYS="\${GREETING}, "\n`,
    yaml: "",
    ignore: "*\n",
  },
  "a .dockerignore that ends without a line break and keeps one file": {
    dockerfile: `FROM ${PYTHON_IMAGE}\nARG GREETING\nCOPY . /copied/\nCOPY greeting.txt /greeting.txt\nENV BASE_SAYS="\${GREETING}, "\n`,
    yaml: "",
    ignore: "**\n!greeting.txt",
  },
  "a Dockerfile of another name, with its own .dockerignore": {
    dockerfile: `FROM ${PYTHON_IMAGE}\nARG GREETING\nCOPY . /copied/\nENV BASE_SAYS="\${GREETING}, "\n`,
    yaml: "",
    file: "base.Dockerfile",
    ownIgnore: "*\n",
  },
} as const;

for (const [index, [title, base]] of Object.entries(BASES).entries()) {
  test(`a base of the user's own: ${title}`, async () => {
    const file = "file" in base ? base.file : "Dockerfile";
    const made = await workspace.makePackage(
      `base-${index}`,
      `base_image:
  dockerfile: base/${file}
  context: base
${base.yaml}  build_args: {GREETING: 'he said "$1"'}
${SERVICE.replace("HELLO YOU", `'HELLO HE SAID "$1", YOU'`)}outputs:
  - {type: image, tags: ["\${name}:latest"]}
  - {type: dockerfile, path: imagefiles}
`.replaceAll("$1", "$$$$1"),
      {
        ...FILES,
        [`base/${file}`]: base.dockerfile,
        "base/greeting.txt": "hi",
        "base/secret.txt": "secret",
        ...("ignore" in base && { "base/.dockerignore": base.ignore }),
        ...("ownIgnore" in base && { [`base/${file}.dockerignore`]: base.ownIgnore }),
      },
    );
    const { exitCode, stderr } = await made.call(["apply"]);
    assert.is(exitCode, 0, stderr);
    const tag = await dockerBuild(made, "imagefiles");
    assert.is(await scoreWith(tag, "you"), '"HELLO HE SAID \\"$1\\", YOU"');
    if (!("ignore" in base || "ownIgnore" in base)) return;
    // Neither build lets in what the user's own list leaves out. A folder has one context for all: `COPY .` sees ours too.
    const copied = (image: string) => runIn(image, ["sh", "-c", "cd /copied 2>/dev/null && ls -A || true"]);
    const built = await copied((await demandImage(`${made.name}:latest`)).Id);
    assert.not.match(built, "secret.txt");
    assert.equal((await copied(tag)).replace(/\n?mlpackage$/, ""), built);
  });
}

test.run();

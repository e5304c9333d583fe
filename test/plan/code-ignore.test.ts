import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codeIgnore, contextIgnore } from "../../src/plan/code-ignore.ts";
import { readText } from "../config/read-fixture.ts";

const test = suite("codeIgnore");

const OWN = { configFiles: ["mlpackage.yaml", "src/prod.yaml"], lockFile: "mlpackage.lock" };

const read = readText(`
name: demo
models: [./models/ridge.pkl, weights/, https://example.com/a.pkl]
environment: {python: {requirements: ./src/requirements.txt, find_links: [wheels/]}}
inference: {entry_script: score.py, source_directory: src}
tests: [{request: {body_file: src/samples/one.json}}]
outputs:
  - {type: dockerfile, path: src/imagefiles}
  - {type: oci-archive, path: dist/a.tar}
  - {type: image, tags: ["r.example/a:1"], push: true, attest: true, sign: {key: ./src/signing.pem}}
`);
if (!read.ok) throw new Error(read.diagnostics.map(({ message }) => message).join("; "));
const config = read.value;

type Row = readonly [folder: string, ignored: string, kept: string];

const rows: readonly Row[] = [
  [
    ".",
    "models/ridge.pkl weights wheels src/requirements.txt src/samples/one.json src/imagefiles dist/a.tar",
    "score.py models models/other.pkl src src/samples src/samples/two.json dist requirements.txt",
  ],
  [
    "src",
    "requirements.txt samples/one.json imagefiles found.pkl signing.pem cosign.key a/cosign.key",
    "score.py models/ridge.pkl src/requirements.txt weights",
  ],
  [".", "mlpackage.yaml mlpackage.lock mlpackage.schema.json", "other.yaml"],
  [
    "src",
    "compose.yaml docker-compose.yml deploy/compose.prod.yaml",
    "composed.yaml compose.py my-compose.yaml",
  ],
  [
    "src",
    ".git __pycache__ a/b/__pycache__ a.pyc a/b.pyc .venv venv node_modules .ipynb_checkpoints .DS_Store .env a/.env.local .netrc .ssh .mlpackage-x1 a.tar.12.ab.partial",
    "git pycache a.py .venvs my.pycs environment .gitignore",
  ],
];

for (const [folder, ignored, kept] of rows) {
  test(`below ${folder}: not ${ignored}`, () => {
    const isIgnored = codeIgnore(config, folder, OWN, ["src/found.pkl"]);
    assert.equal(
      ignored.split(" ").filter((path) => !isIgnored(path)),
      [],
    );
    assert.equal(kept.split(" ").filter(isIgnored), []);
  });
}

for (const written of [
  "src/token",
  "./src/token",
  "src//token",
  "src/./token",
  "src/../src/token",
  "../package/src/token",
  "/package/src/token",
  "/package//src/./token",
])
  test(`a secret and a signing key at ${written} are no code`, () => {
    const named = readText(`
name: demo
inference: {entry_script: score.py, source_directory: src}
build: {secrets: [{id: pip, file: "${written}", host: pypi.example.com}]}
outputs: [{type: image, tags: ["r.example/a:1"], push: true, attest: true, sign: {key: "${written}.pem"}}]
`);
    if (!named.ok) throw new Error(named.diagnostics.map(({ message }) => message).join("; "));
    const isIgnored = codeIgnore(named.value, "src", OWN);
    assert.equal(["token", "token.pem", "token.py"].map(isIgnored), [true, true, false]);
  });

test("of a user's own context only what we write there, and git's own", () => {
  const isIgnored = contextIgnore(config, "src", OWN);
  assert.equal(
    ["imagefiles", ".git"].filter((path) => !isIgnored(path)),
    [],
  );
  assert.equal(["requirements.txt", "venv", "a.pyc", ".gitignore", "a/.git"].filter(isIgnored), []);
});

test("the lock of a profile is no input of another, wherever the code lies", () => {
  const whole = codeIgnore(config, ".", { ...OWN, lockFile: "mlpackage+gpu.lock" });
  const locks = ["mlpackage.lock", "mlpackage+gpu.lock", "mlpackage+cpu.lock", "mlpackage+gpu+prod.lock"];
  assert.equal(locks.map(whole), [true, true, true, true]);
  const others = ["other+gpu.lock", "mlpackage+gpu.txt", "src/mlpackage+gpu.lock", "mlpackage-gpu.lock"];
  assert.equal(others.map(whole), [false, false, false, false]);
  assert.equal(locks.map(contextIgnore(config, ".", OWN)), [true, true, true, true]);
});

test("a file that is merged over the first is no code", () => {
  assert.is(codeIgnore(config, "src", OWN)("prod.yaml"), true);
});

test.run();

import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOfValue, isDigest } from "../../src/model/digest.ts";
import { condaKind, imagesOfConda } from "../../src/steps/conda.ts";
import { LOCK_OF_CONDA } from "../../src/steps/lock-conda.ts";
import { makeCondaPackage } from "../fakes/conda-package.ts";
import { startServer } from "../fakes/http-server.ts";
import { makeStepContext } from "../fakes/step-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("bringing packages of conda");

const { file, bytes } = await makeCondaPackage({ name: "a", files: { "lib/a": "text" } });
const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
if (!isDigest(digest)) throw new Error("it is one");

/** Brings the package from a server that sends something, as a package that is locked with some size. */
async function bring(sent: Uint8Array, size: number) {
  const { url } = await startServer((_request, response) => response.end(sent));
  const values = { platforms: { "linux/amd64": [{ name: "a", url: `${url}/${file}`, digest, size }] } };
  const lock = { digest: digestOfValue(values), files: [], values };
  const context = makeStepContext(makeFolder(), {}, { [LOCK_OF_CONDA]: lock });
  const step = { ...STEP, inputs: { compression: { kind: "none" } } };
  return condaKind.run(step, context);
}

const STEP = {
  id: "conda:packages",
  kind: "conda",
  needs: [LOCK_OF_CONDA],
  name: "packages",
  after: [],
  pool: "network",
} as const;

test("what is as it was locked", async () => {
  const made = await bring(bytes, bytes.length);
  if (!made.ok) throw new Error(JSON.stringify(made.diagnostics));
  assert.is(imagesOfConda(made.value).length, 1);
});

for (const [what, sent, size, found] of [
  ["larger than the lock says", bytes, bytes.length - 1, "bytes instead of"],
  ["smaller than the lock says", bytes, bytes.length + 1, `bytes instead of ${bytes.length + 1}`],
  ["another file, and larger", Buffer.alloc(bytes.length + 1), bytes.length, "bytes instead of"],
  ["another file of the same size", Buffer.alloc(bytes.length), bytes.length, "since it was locked"],
] as const)
  test(`${what}: that is told`, async () => {
    const made = await bring(sent, size);
    assert.not(made.ok);
    const [first] = made.ok ? [] : made.diagnostics;
    assert.is(first?.code, "conda/replaced");
    assert.match(first?.message ?? "", found);
  });

test.run();

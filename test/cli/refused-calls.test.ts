import { existsSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { apply } from "../../src/cli/commands/apply.ts";
import { save } from "../../src/cli/commands/save.ts";
import { verify } from "../../src/cli/commands/verify.ts";
import { makeCall, RUN_OPTIONS } from "../fakes/call.ts";

const test = suite("calls refused before anything is done");
test("a Dockerfile folder of a package on an OCI layout", async () => {
  const { session, said, workingDirectory } = makeCall({
    "mlpackage.yaml": "name: demo\ninference: {command: [serve]}\nbase_image: {oci_layout: base}\n",
    "base/oci-layout": "{}",
  });
  assert.is(await save(session, { ...RUN_OPTIONS, folder: "imagefiles" }), 64);
  assert.is(
    said.words,
    [
      "error[config/layout-not-saveable]: plain `docker build` cannot begin from the OCI layout `base`",
      " --> mlpackage.yaml:3:26",
      "  |",
      "2 | inference: {command: [serve]}",
      "3 | base_image: {oci_layout: base}",
      "  |                          ^^^^",
      "hint: save the image itself: `{type: oci-archive, path: dist/model.tar}`, or use a `base_image` from a registry",
      "",
    ].join("\n"),
  );
  assert.not.ok(existsSync(path.join(workingDirectory, "imagefiles")));
});

const choices = [
  { only: ["build"], force: false, noTest: false },
  { only: [], force: true, noTest: false },
  { only: [], force: false, noTest: true },
];

for (const choice of choices) {
  test(`a plan, and a choice besides: ${JSON.stringify(choice)}`, async () => {
    const { session, said } = makeCall({});
    assert.is(await apply(session, { ...RUN_OPTIONS, ...choice, plan: "plan.json" }), 64);
    assert.is(
      said.words,
      [
        "error[cli/plan-and-choice]: a saved plan already says which steps run",
        "hint: type `mlpackage plan --out FILE` with `--only`, `--no-cache` or `--no-test` instead",
        "",
      ].join("\n"),
    );
  });
}

for (const [what, options, words] of [
  [
    "nothing built, and no key",
    { rebuild: false, image: "r.example/a:1" },
    [
      "error[cli/nothing-to-verify]: `--no-rebuild` leaves only the signature to verify",
      "hint: add `--key cosign.pub`, or remove `--no-rebuild`",
    ],
  ],
  [
    "the private half",
    { rebuild: false, image: "r.example/a:1", key: "cosign.key" },
    [
      "error[cli/no-public-key]: `cosign.key` is a private key",
      "hint: write the output of `cosign public-key --key cosign.key` to a file, and give that",
    ],
  ],
  [
    "a key that is not there",
    { rebuild: true, key: "cosign.pub" },
    [
      "error[cli/no-public-key]: there is no public key in `cosign.pub`",
      "hint: write the output of `cosign public-key --key KEY` to a file, and give that",
    ],
  ],
] as const) {
  test(`verify: ${what}`, async () => {
    const { session, said } = makeCall({
      "mlpackage.yaml": "name: demo\ninference: {command: [serve]}\n",
      "cosign.key": "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n",
    });
    assert.is(await verify(session, { ...RUN_OPTIONS, ...options }), 64);
    assert.is(said.words, `${words.join("\n")}\n`);
  });
}

test.run();

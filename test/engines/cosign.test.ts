import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createCosign } from "../../src/engines/cosign.ts";
import type { ProcessRequest, ProcessResult } from "../../src/model/host.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

/** What cosign 3.1 says, recorded; and what none of it can be made to say here. `e2e/attest.test.ts` has the real one. */
const test = suite("cosign");

const { signal } = new AbortController();

function create(answer: Partial<ProcessResult>, environment: Readonly<Record<string, string>> = {}) {
  const requests: ProcessRequest[] = [];
  const host = makeHost({
    environment: { PATH: "/bin", HOME: "/home/ann", TOKEN: "x", ...environment },
    processes: {
      async run(request) {
        requests.push(request);
        const bundle = request.args[request.args.indexOf("--bundle") + 1];
        if (bundle !== undefined && answer.exitCode === 0) writeInto(path.dirname(bundle), "bundle", "{}");
        return { exitCode: 1, stdout: "", stderr: "", ...answer };
      },
    },
  });
  return { cosign: createCosign(host, makeFolder({ "cosign.key": "" })), requests };
}

const said = (line: string): Partial<ProcessResult> => ({
  stderr: `Error: ${line}\nerror during command execution: ${line}\n`,
});

for (const [what, answer, environment, code] of [
  ["no cosign", { failure: "not-found", exitCode: undefined }, {}, "sign/no-cosign"],
  ["an old one", said("unknown flag: --signing-config"), {}, "sign/old-cosign"],
  ["no password", said("inappropriate ioctl for device"), {}, "sign/wrong-password"],
  [
    "a wrong one",
    said("decrypt: encrypted: decryption failed"),
    { COSIGN_PASSWORD: "p4ss" },
    "sign/wrong-password",
  ],
  ["no key", said("invalid pem block"), { COSIGN_PASSWORD: "p4ss" }, "sign/no-key"],
  ["a key out of reach", { failure: "timed-out", exitCode: undefined }, {}, "sign/failed"],
] as const) {
  test(`${what}: ${code}, with what to do about it, and no password`, async () => {
    const { cosign } = create(answer, environment);
    const workDirectory = makeFolder();
    const results = [
      await cosign.publicKeyOf("cosign.key", signal),
      await cosign.sign({ statement: "{}", key: "cosign.key", workDirectory, signal }),
    ];
    for (const result of results) {
      const [diagnostic, ...others] = result.ok ? [] : result.diagnostics;
      assert.is(diagnostic?.code, code);
      assert.equal(others, []);
      assert.ok(diagnostic?.hint);
      assert.not.match(JSON.stringify(diagnostic), "p4ss");
      assert.ok((diagnostic?.excerpt ?? []).length <= 1, "what cosign says twice is told once");
    }
  });
}

test("an interrupted one says nothing", async () => {
  const { cosign } = create({ failure: "aborted", exitCode: undefined });
  const asked = await cosign.publicKeyOf("cosign.key", signal);
  assert.equal(asked.ok ? undefined : asked.diagnostics, []);
});

test("a key that is no file is not asked for", async () => {
  const { cosign, requests } = create({ exitCode: 0 });
  const asked = await cosign.publicKeyOf("no/such.key", signal);
  assert.equal(asked.ok ? [] : asked.diagnostics.map(({ code }) => code), ["sign/no-key"]);
  assert.equal(requests, []);
  assert.ok((await cosign.publicKeyOf("awskms:///alias/x", signal)).ok);
});

test("it is given its own variables and that of the key, and no others; the password stands in no argument", async () => {
  const secrets = {
    COSIGN_PASSWORD: "p4ss",
    SIGNING_KEY: "k3y",
    AWS_REGION: "r",
    VAULT_TOKEN: "t",
    DOCKER_HOST: "d",
  };
  const { cosign, requests } = create({ exitCode: 0 }, { ...secrets, OTHER: "o" });
  await cosign.sign({ statement: "{}", key: "env://SIGNING_KEY", workDirectory: makeFolder(), signal });
  const [request] = requests;
  assert.equal(
    Object.keys(request?.environment ?? {}).sort(),
    ["HOME", "PATH", ...Object.keys(secrets)].sort(),
  );
  assert.not.match(JSON.stringify(request?.args), /p4ss|k3y/);
});

test.run();

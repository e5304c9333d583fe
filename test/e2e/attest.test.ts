// What is put beside a pushed image: SBOM, provenance and signatures, as the real cosign and oras read them.
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { makeDockerConfig } from "./docker-config.ts";
import { addArchitecture, makeSmallLayout } from "./oci-layout.ts";
import { fetchManifest, findTag, type Login } from "./registry-api.ts";
import { findTool } from "./second-tools.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, openWorkspace, type PackageFolder } from "./workspace.ts";

const REGISTRY = demandVariable("RIG_REGISTRY");
const PRIVATE = demandVariable("RIG_PRIVATE_REGISTRY");
const PASSWORD = "correct horse battery";
const SIGNING = { COSIGN_PASSWORD: PASSWORD };
const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";

const workspace = openWorkspace("attest");
const test = timedSuite("attest");
const cosign = await findTool("cosign");
const oras = await findTool("oras");

/** A package on a base of its own, which takes no engine, whose image is pushed. */
async function makePackage(word: string, more: string, registry = REGISTRY): Promise<PackageFolder> {
  const made = await workspace.makePackage(
    word,
    `models: [m.bin]
base_image: {oci_layout: base}
inference: {command: [serve], source_directory: src}
outputs: [{type: image, tags: ["${registry}/\${name}:1"], load: false, push: true${more}}]
`,
    { "m.bin": "weights", "src/serve": "#!/bin/sh" },
  );
  await makeSmallLayout(made.at("base"));
  return made;
}

async function makeKeys(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await execa("cosign", ["generate-key-pair"], { cwd: folder, env: SIGNING });
}

const keys = path.join(workspace.folder, "keys");
const otherKeys = path.join(workspace.folder, "other-keys");
const SIGNED = `, attest: true, sign: {key: ${keys}/cosign.key}`;

if (cosign !== undefined) {
  await makeKeys(keys);
  await makeKeys(otherKeys);
}

const tagOf = ({ name }: PackageFolder): string => `${REGISTRY}/${name}:1`;

async function digestOf({ name }: PackageFolder, registry = REGISTRY, login?: Login): Promise<string> {
  const digest = await findTag(registry, name, "1", login);
  assert.ok(digest, `${name} was not pushed`);
  return digest ?? "";
}

async function apply(
  made: PackageFolder,
  environment: Readonly<Record<string, string>> = SIGNING,
): Promise<string> {
  const { exitCode, stderr } = await made.call(["apply", "--no-test"], { environment });
  assert.is(exitCode, 0, stderr);
  return stderr;
}

type Listed = { readonly digest: string; readonly artifactType: string };

/** What the registry's list under the fallback tag has. */
async function listed(name: string, digest: string): Promise<readonly Listed[]> {
  const url = `http://${REGISTRY}/v2/${name}/manifests/${digest.replace(":", "-")}`;
  const response = await fetch(url, { headers: { accept: "application/vnd.oci.image.index.v1+json" } });
  return response.ok ? ((await response.json()) as { manifests: readonly Listed[] }).manifests : [];
}

async function remove(name: string, digest: string): Promise<void> {
  const response = await fetch(`http://${REGISTRY}/v2/${name}/manifests/${digest}`, { method: "DELETE" });
  assert.is(response.status, 202);
}

/** The text that is beside an image. */
async function fetchBeside(name: string, digest: string, artifactType: string): Promise<string> {
  const found = (await listed(name, digest)).find((one) => one.artifactType === artifactType);
  const accept = "application/vnd.oci.image.manifest.v1+json";
  const manifest = await fetch(`http://${REGISTRY}/v2/${name}/manifests/${found?.digest}`, {
    headers: { accept },
  });
  const { layers, subject } = (await manifest.json()) as {
    readonly layers: readonly Listed[];
    readonly subject: Listed;
  };
  assert.is(subject.digest, digest);
  return (await fetch(`http://${REGISTRY}/v2/${name}/blobs/${layers[0]?.digest}`)).text();
}

const PROVENANCE = "application/vnd.in-toto+json";
const SBOM = "application/vnd.cyclonedx+json";

test("without a key: SBOM and provenance beside the image, and the image as it is without them", async () => {
  const plain = await makePackage("plain", "");
  await apply(plain);
  const digest = await digestOf(plain);
  assert.equal(await listed(plain.name, digest), []);
  await plain.write({
    "mlpackage.yaml": (await readFile(plain.at("mlpackage.yaml"), "utf8")).replace(
      "push: true",
      "push: true, attest: true",
    ),
  });
  assert.match(await apply(plain), `✔ attest ${REGISTRY}/${plain.name}: succeeded`);
  assert.is(await digestOf(plain), digest);
  const found = await listed(plain.name, digest);
  assert.equal(
    found.map(({ artifactType }) => artifactType),
    [PROVENANCE, SBOM],
  );
  const provenance = JSON.parse(await fetchBeside(plain.name, digest, PROVENANCE));
  assert.equal(provenance.subject, [
    { name: `${REGISTRY}/${plain.name}`, digest: { sha256: digest.slice(7) } },
  ]);
  const sbom = JSON.parse(await fetchBeside(plain.name, digest, SBOM));
  assert.is(sbom.metadata.component.version, digest);
  assert.match(JSON.stringify(sbom), '"machine-learning-model"');
  if (oras === undefined) return;
  const tree = await oras("discover", "--plain-http", tagOf(plain));
  for (const { artifactType, digest: one } of found) {
    assert.match(tree, artifactType);
    assert.match(tree, one);
  }
});

if (cosign !== undefined) {
  const signed = await makePackage("signed", SIGNED);
  const verifyWith = (key: string, args: readonly string[], image = tagOf(signed)) =>
    cosign(...args, "--key", `${key}/cosign.pub`, "--insecure-ignore-tlog", image);

  test("cosign verifies the image and both attestations, and with another key none of them", async () => {
    await apply(signed);
    const digest = await digestOf(signed);
    assert.match(await verifyWith(keys, ["verify"]), digest);
    for (const [type, predicateType] of [
      ["slsaprovenance1", "https://slsa.dev/provenance/v1"],
      ["cyclonedx", "https://cyclonedx.org/bom"],
    ] as const) {
      const said = await verifyWith(keys, ["verify-attestation", "--type", type]);
      const statement = JSON.parse(Buffer.from(JSON.parse(said).payload, "base64").toString());
      assert.is(statement.predicateType, predicateType);
      assert.is(statement.subject[0].digest.sha256, digest.slice(7));
    }
    const refused = await verifyWith(otherKeys, ["verify"]).catch((error: Error) => error.message);
    assert.match(refused, /no matching|failed to verify|invalid signature/);
  });

  test("a second run does nothing, and one from elsewhere neither signs again nor says otherwise", async () => {
    const digest = await digestOf(signed);
    const before = await listed(signed.name, digest);
    assert.is(before.length, 5);
    assert.match(await apply(signed), "nothing to do");
    const planned = await signed.call(["plan", "--no-test", "--detailed-exitcode"], { environment: SIGNING });
    assert.is(planned.exitCode, 0, planned.all);
    const elsewhere = { ...SIGNING, MLPACKAGE_CACHE_DIR: path.join(workspace.folder, "other-cache") };
    assert.match(await apply(signed, elsewhere), "✔ attest ");
    assert.equal(await listed(signed.name, digest), before);
  });

  test("what is gone is put there again: a signature, the SBOM, and the list of both", async () => {
    const digest = await digestOf(signed);
    const all = await listed(signed.name, digest);
    const listOf = () => findTag(REGISTRY, signed.name, digest.replace(":", "-"));
    for (const find of [async () => all.at(-1)?.digest, async () => all[1]?.digest, listOf]) {
      await remove(signed.name, (await find()) ?? "");
      const planned = await signed.call(["plan", "--no-test"], { environment: SIGNING });
      assert.match(planned.stdout, `attest ${REGISTRY}/${signed.name}: runs, an attestation in`);
      await apply(signed);
      assert.match(await apply(signed), "nothing to do");
      await verifyWith(keys, ["verify-attestation", "--type", "cyclonedx"]);
    }
    assert.ok((await listed(signed.name, digest)).length >= 5);
  });

  test("verify: signed with this key, in a package or without one, and built again", async () => {
    const key = `${keys}/cosign.pub`;
    const digest = await digestOf(signed);
    const line = `signed: ${tagOf(signed)}, with its SBOM and its provenance, is ${digest}`;
    for (const args of [["--no-rebuild"], ["--no-rebuild", tagOf(signed)], [tagOf(signed)]]) {
      const { exitCode, stderr } = await signed.call(["verify", "--key", key, ...args]);
      assert.is(exitCode, 0, stderr);
      assert.match(stderr, line);
      assert.is(stderr.includes("the same: "), !args.includes("--no-rebuild"), stderr);
    }
    const folder = path.join(workspace.folder, "nowhere");
    await mkdir(folder);
    const name = `${REGISTRY}/${signed.name}@${digest}`;
    const json = await signed.call(["-C", folder, "--json", "verify", name, "--key", key, "--no-rebuild"]);
    assert.is(json.exitCode, 0, json.all);
    assert.equal(JSON.parse(json.stdout).signed, [{ kind: "image", digest }]);
    const variable = await signed.call(["verify", "--key", "env://PUBLIC", "--no-rebuild"], {
      environment: { PUBLIC: await readFile(key, "utf8") },
    });
    assert.is(variable.exitCode, 0, variable.all);
  });

  /** Puts a text beside an image, as anybody may who can write to the registry. */
  async function attach(image: string, word: string, text: string): Promise<void> {
    await writeFile(path.join(workspace.folder, word), text);
    const args = ["attach", "--plain-http", "--artifact-type", BUNDLE, image, `${word}:${BUNDLE}`];
    await execa("oras", args, { cwd: workspace.folder });
  }

  const refusals = [
    ["another key", async () => signed, `${otherKeys}/cosign.pub`, 1, "verify/other-key"],
    ["a private key", async () => signed, `${keys}/cosign.key`, 64, "cli/no-public-key"],
    ["no key", async () => signed, "no/such.pub", 64, "cli/no-public-key"],
    [
      "an image that nobody signed",
      async () => {
        const unsigned = await makePackage("unsigned", "");
        await apply(unsigned);
        return unsigned;
      },
      `${keys}/cosign.pub`,
      1,
      "verify/not-signed",
    ],
    [
      "another image's attestations beside it",
      async () => {
        const other = await makePackage("borrowed", "");
        await other.write({ "m.bin": "other weights" });
        await apply(other);
        for (const [index, { digest }] of (await listed(signed.name, await digestOf(signed))).entries()) {
          const manifest = await fetch(`http://${REGISTRY}/v2/${signed.name}/manifests/${digest}`, {
            headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
          });
          const { layers, artifactType } = (await manifest.json()) as {
            readonly layers: readonly Listed[];
            readonly artifactType: string;
          };
          if (artifactType !== BUNDLE) continue;
          const blob = await fetch(`http://${REGISTRY}/v2/${signed.name}/blobs/${layers[0]?.digest}`);
          await attach(tagOf(other), `borrowed-${index}`, await blob.text());
        }
        return other;
      },
      `${keys}/cosign.pub`,
      1,
      "verify/other-image",
    ],
    [
      "a statement that was changed after it was signed",
      async () => {
        const other = await makePackage("forged", "");
        await other.write({ "m.bin": "forged weights" });
        await apply(other);
        const bundle = JSON.parse(await fetchBeside(signed.name, await digestOf(signed), BUNDLE));
        const payload = Buffer.from(bundle.dsseEnvelope.payload, "base64").toString();
        const forged = payload.replace((await digestOf(signed)).slice(7), (await digestOf(other)).slice(7));
        assert.is.not(forged, payload);
        bundle.dsseEnvelope.payload = Buffer.from(forged).toString("base64");
        await attach(tagOf(other), "forged-bundle", JSON.stringify(bundle));
        return other;
      },
      `${keys}/cosign.pub`,
      1,
      "verify/other-key",
    ],
    [
      "an image that has its signature and no more",
      async () => {
        const other = await makePackage("bare", SIGNED);
        await other.write({ "m.bin": "bare weights" });
        await apply(other);
        const digest = await digestOf(other);
        const bundles = (await listed(other.name, digest)).filter(
          ({ artifactType }) => artifactType === BUNDLE,
        );
        for (const { digest: one } of bundles.slice(1)) await remove(other.name, one);
        return other;
      },
      `${keys}/cosign.pub`,
      1,
      "verify/not-attested",
    ],
  ] as const;
  for (const [what, make, key, code, diagnostic] of refusals) {
    test(`verify refuses ${what}`, async () => {
      const made = await make();
      const { exitCode, stderr } = await made.call(["verify", tagOf(made), "--key", key, "--no-rebuild"]);
      assert.is(exitCode, code, stderr);
      assert.match(stderr, `error[${diagnostic}]`);
      assert.not.match(stderr, /^signed: /m);
    });
  }

  test("what cannot sign is told before anything is built, and where it stands", async () => {
    const made = await makePackage("cannot", SIGNED);
    const withKey = (key: string) =>
      `build: {labels: {a: b}}\noutputs: [{type: image, tags: ["${tagOf(made)}"], load: false, push: true, attest: true, sign: {key: "${key}"}}]\nmodels: [m.bin]\nbase_image: {oci_layout: base}\ninference: {command: [serve], source_directory: src}\n`;
    const withoutCosign = path.dirname(process.execPath);
    for (const [environment, key, code] of [
      [{ COSIGN_PASSWORD: "wrong password" }, `${keys}/cosign.key`, "sign/wrong-password"],
      [{}, `${keys}/cosign.key`, "sign/wrong-password"],
      [SIGNING, "no/such.key", "sign/no-key"],
      [SIGNING, "env://NO_SUCH_KEY", "sign/no-key"],
      [SIGNING, `${keys}/cosign.pub`, "sign/no-key"],
      [{ ...SIGNING, PATH: withoutCosign }, `${keys}/cosign.key`, "sign/no-cosign"],
    ] as const) {
      await made.configure(withKey(key));
      for (const verb of ["plan", "apply"]) {
        const { exitCode, stderr, stdout } = await made.call([verb, "--no-test"], { environment });
        assert.is(exitCode, 1, stderr);
        assert.match(stderr, `error[${code}]`);
        assert.match(stderr, "mlpackage.yaml:");
        assert.match(stderr, "hint: ");
        assert.not.match(`${stdout}${stderr}`, "▸");
      }
    }
    assert.is(await findTag(REGISTRY, made.name, "1"), undefined);
    // Who does not sign now needs no key.
    const { exitCode, stderr } = await made.call(["apply", "--no-test", "--only", "push"]);
    assert.is(exitCode, 0, stderr);
  });

  test("a key in a variable signs, and a registry with a password needs no login of cosign's", async () => {
    const made = await makePackage("private", ", attest: true, sign: {key: env://SIGNING_KEY}", PRIVATE);
    const login = {
      username: demandVariable("RIG_REGISTRY_USER"),
      password: demandVariable("RIG_REGISTRY_PASSWORD"),
    };
    const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
    const docker = await makeDockerConfig(workspace, "attest", { auths: { [PRIVATE]: { auth } } });
    const key = await readFile(`${keys}/cosign.key`, "utf8");
    await apply(made, { ...SIGNING, ...docker, SIGNING_KEY: key });
    const checked = await made.call(["verify", "--key", `${keys}/cosign.pub`, "--no-rebuild"], {
      environment: docker,
    });
    assert.is(checked.exitCode, 0, checked.stderr);
    assert.match(checked.stderr, await digestOf(made, PRIVATE, login));
  });

  test("an image for several platforms: its index and each of them", async () => {
    const made = await makePackage("several", SIGNED);
    await addArchitecture(made.at("base"), "arm64");
    const yaml = await readFile(made.at("mlpackage.yaml"), "utf8");
    await made.write({ "mlpackage.yaml": `${yaml}build: {platforms: [linux/amd64, linux/arm64]}\n` });
    await apply(made);
    const { manifests = [] } = await fetchManifest(REGISTRY, made.name, "1");
    assert.is(manifests.length, 2);
    await verifyWith(keys, ["verify"], tagOf(made));
    await verifyWith(keys, ["verify-attestation", "--type", "slsaprovenance1"], tagOf(made));
    for (const { digest } of manifests) {
      const image = `${REGISTRY}/${made.name}@${digest}`;
      await verifyWith(keys, ["verify-attestation", "--type", "slsaprovenance1"], image);
      await verifyWith(keys, ["verify-attestation", "--type", "cyclonedx"], image);
    }
    const checked = await made.call(["verify", "--key", `${keys}/cosign.pub`, "--no-rebuild"]);
    assert.is(checked.exitCode, 0, checked.stderr);
    assert.is(checked.stderr.match(/^signed: /gm)?.length, 3);
    assert.match(checked.stderr, "for linux/arm64, with its SBOM and its provenance");
  });

  test("neither the password nor the key is anywhere", () => {
    const key = readFileSync(`${keys}/cosign.key`, "utf8").split("\n")[1] ?? "";
    assert.ok(key.length > 20);
    const texts = [...workspace.printed, ...filesBelow(workspace.cacheDirectory)];
    assert.ok(texts.length > 50);
    for (const secret of [PASSWORD, key]) assert.not.ok(texts.some((text) => text.includes(secret)));
  });
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [readFileSync(path.join(entry.parentPath, entry.name), "latin1")] : [],
  );
}

test.run();

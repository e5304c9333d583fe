import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Config } from "../../src/model/config.ts";
import { digestOf } from "../../src/model/digest.ts";
import { DOCKERFILE_HEADER, isOurDockerfile } from "../../src/model/dockerfile-header.ts";
import type { LockedPackages } from "../../src/model/lock-file.ts";
import {
  type DockerfileInputs,
  ENVIRONMENT_STAGE,
  lockedFileName,
  loginsAmong,
  platformSuffix,
  renderDockerfile,
  renderEnvironment,
} from "../../src/steps/dockerfile.ts";
import { layOutEnvironment, layOutImage } from "../../src/steps/image-layout.ts";
import { inlineBase } from "../../src/steps/inline-base.ts";
import { isPipAsked, renderPythonQuestion, renderSystemQuestion } from "../../src/steps/lock-dockerfile.ts";
import { LAYOUT_CONTEXT } from "../../src/steps/read-base.ts";
import { settingsOf } from "../../src/steps/service-settings.ts";
import { renderFetching } from "../../src/steps/vendor-dockerfile.ts";
import { renderVendoredEnvironment } from "../../src/steps/vendored-dockerfile.ts";
import { assertGolden } from "../assert-golden.ts";
import { readText } from "../config/read-fixture.ts";

const test = suite("Dockerfiles");

const fixtures = fileURLToPath(new URL("../../fixtures/dockerfiles", import.meta.url));
const cases = readdirSync(fixtures);
const digest = `sha256:${"0".repeat(64)}`;

const renderers = {
  environment: renderEnvironment,
  folder: renderDockerfile,
};

/** What may be asked before there is anything to install. */
const questions = {
  "system-question": (inputs: Inputs) => {
    const { systemPackages } = inputs.environment;
    return systemPackages.length === 0 ? undefined : renderSystemQuestion({ ...inputs, systemPackages });
  },
  "python-question": (inputs: Inputs) => {
    const layout = layOutEnvironment(inputs);
    return isPipAsked(questionOf(inputs), layout)
      ? renderPythonQuestion(questionOf(inputs), layout)
      : undefined;
  },
};

function questionOf(inputs: Inputs, hasDigests = false) {
  const { base, isServed, environment, logins, packages: system } = inputs;
  return { base, isServed, python: environment.python, logins, hasDigests, system };
}

for (const name of cases) {
  for (const [what, render] of Object.entries(questions)) {
    const text = render(readInputs(name));
    if (text === undefined) continue;
    test(`${name}: ${what}`, () => assertGolden(`${fixtures}/${name}/${what}.Dockerfile`, text));
  }
}

for (const name of cases) {
  for (const [what, render] of Object.entries(renderers)) {
    test(`${name}: ${what}`, () => {
      const inputs = readInputs(name);
      const text = render(inputs, layOutImage(inputs));
      assertGolden(`${fixtures}/${name}/${what}.Dockerfile`, text);
      assert.ok(isOurDockerfile(text));
    });
  }
}

for (const name of ["full", "awkward-values"]) {
  test(`${name}: what is fetched for a vendor folder, and installed from it`, () => {
    const inputs = readInputs(name);
    const layout = layOutImage(inputs);
    const fetching = renderFetching({ ...inputs, missing: inputs.packages }, layout);
    assertGolden(`${fixtures}/${name}/fetching.Dockerfile`, fetching);
    const vendored = { ...inputs, placed: inputs.packages, hasBuildRequirements: true };
    const text = renderVendoredEnvironment(vendored, layout);
    assertGolden(`${fixtures}/${name}/vendored.Dockerfile`, text);
    // Nothing of what a `RUN` could be swayed by but the mounts.
    const runs = text.match(/^RUN .*/gm) ?? [];
    assert.ok(runs.length > 0 && runs.every((run) => run.startsWith("RUN --network=none ")), runs.join("\n"));
    assert.not.match(text, /type=cache|--index-url|apt-get update/);
  });
}

test("what was asked for by its address is noted by it, and not by its place", () => {
  const inputs = readInputs("minimal");
  const digest = digestOf("torch");
  const packagesAt = (url: string) => ({
    "linux/amd64": { systemPackages: {}, python: [{ name: "torch", version: "1", digest, url }] },
    "linux/arm/v7": { systemPackages: {}, python: [] },
  });
  const packages = packagesAt("https://example.com/torch.zip#subdirectory=a");
  const placed = packagesAt("file:///tmp/torch.zip#subdirectory=a");
  const text = renderVendoredEnvironment(
    { ...inputs, packages, placed, hasBuildRequirements: false },
    layOutImage(inputs),
  );
  assert.match(text, "/addresses.py torch file:///tmp/torch.zip https://example.com/torch.zip \\");
  assert.match(text, "--find-links /tmp/mlpackage/vendored-python/$TARGETARCH$TARGETVARIANT ");
  assert.not.match(text, "apt-get");
  assert.is(platformSuffix("linux/arm"), "armv7");
});

test("each platform's packages are fetched on it", () => {
  const inputs = readInputs("full");
  const missing = {
    "linux/amd64": { systemPackages: { curl: "1.0" }, python: [] },
    "linux/arm64": { systemPackages: {}, python: [] },
  };
  const text = renderFetching({ ...inputs, missing }, layOutImage(inputs));
  assert.match(text, "amd64) set -- curl=1.0 ;;");
  assert.match(text, "arm64) set --  ;;");
  assert.not.match(text, "pip download");
});

test("there are cases", () => assert.ok(cases.length >= 9, `only ${cases.length}`));

test("an empty value and an empty list leave nothing behind", () => {
  const inputs = readInputs("minimal");
  const text = renderDockerfile(inputs, layOutImage(inputs));
  assert.not.match(text, /undefined|\n\n\n| $/m);
});

test("parser directives stand before the header", () => {
  const inputs = readInputs("minimal");
  const base = { directives: ["# syntax=a/b:1"], stages: "FROM a AS environment" };
  const text = renderDockerfile({ ...inputs, base }, layOutImage(inputs));
  assert.ok(text.startsWith(`# syntax=a/b:1\n${DOCKERFILE_HEADER}\n\nFROM a AS environment\n`));
});

test("a line break in a value is never written", () => {
  const inputs = readInputs("minimal");
  const settings = { ...inputs.settings, labels: { a: "x\nRUN evil" } };
  assert.throws(() => renderDockerfile({ ...inputs, settings }, layOutImage(inputs)), /control character/);
});

test("the environment has nothing of models, code and settings", () => {
  for (const name of cases) {
    const inputs = readInputs(name);
    const own = name.startsWith("base-inline")
      ? readFileSync(`${fixtures}/${name}/base.Dockerfile`, "utf8")
      : "";
    const text = renderEnvironment(inputs, layOutImage(inputs));
    for (const word of ["COPY ", "ENV ", "LABEL ", "CMD ", "azureml"]) {
      assert.ok(own.includes(word) || !text.includes(word), `${name} has ${word}`);
    }
  }
});

type Inputs = DockerfileInputs &
  Config &
  Required<Pick<DockerfileInputs, "logins">> & { readonly isServed: boolean };

function readInputs(name: string): Inputs {
  const read = readText(readFileSync(`${fixtures}/${name}/mlpackage.yaml`, "utf8"));
  if (!read.ok) throw new Error(read.diagnostics.map(({ message }) => message).join("; "));
  const config = read.value;
  const base = baseOf(config, name);
  const isServed = config.inference.kind === "script";
  const named = "reference" in base && config.baseImage.kind === "image" ? base : {};
  const settings = settingsOf({ ...config, base: named, labels: config.build.labels }, layOutImage(config));
  const { python } = config.environment;
  const logins = loginsAmong(config.build.secrets);
  const secretOptions = logins.map(({ id }) => `id=${id},env=TOKEN`);
  const packages = { "linux/amd64": packagesOf(config) };
  return { ...config, base, isServed, settings, python, logins, secretOptions, packages };
}

/** What might have been locked. */
function packagesOf({ environment: { python, systemPackages } }: Config): LockedPackages {
  const versions = systemPackages
    .map((name) => name.split("="))
    .map(([name, version = "1.2-3"]) => [name, version]);
  const gunicorn = { name: "gunicorn", version: "23.0.0", digest: digestOf("gunicorn") };
  return { systemPackages: Object.fromEntries(versions), python: python.managed ? [gunicorn] : [] };
}

test("several platforms have their own versions", () => {
  const inputs = readInputs("full");
  const packages = {
    "linux/amd64": inputs.packages["linux/amd64"] ?? { systemPackages: {}, python: [] },
    "linux/arm/v7": { systemPackages: { curl: "1.0" }, python: [] },
  };
  const text = renderEnvironment({ ...inputs, packages }, layOutImage(inputs));
  assert.match(text, "amd64) set -- curl=7.88.1-10+deb12u5 libgomp1=1.2-3 ;;");
  assert.match(text, "armhf) set -- curl=1.0 ;;");
  assert.match(text, 'apt-get install --yes --no-install-recommends "$@"');
  assert.match(text, 'Dir::Etc::SourceParts=/var/cache/apt/mlpackage-snapshots -o Acquire::Retries=3 "$@"');
  assert.match(text, "--requirement /tmp/mlpackage/locked/requirements-$TARGETARCH$TARGETVARIANT.txt");
  assert.is(lockedFileName("linux/arm/v7", true), "requirements-armv7.txt");
});

test("where the base has everything nothing is run", () => {
  const inputs = readInputs("full");
  const packages = { "linux/amd64": { systemPackages: {}, python: [] } };
  assert.not.match(renderEnvironment({ ...inputs, packages }, layOutImage(inputs)), /^RUN/m);
});

test("requirements with digests and the server, which has none, are asked for one after the other", () => {
  const inputs = readInputs("full");
  const text = renderPythonQuestion(questionOf(inputs, true), layOutEnvironment(inputs));
  assert.match(
    text,
    /--report \S*python.json [^&]*--requirement \S+ \\\n && \{ [^\n]*server.json [^\n]*gunicorn/,
  );
});

test("what apt installs before pip is asked is what the environment is built from, to the letter", () => {
  const read = readInputs("full");
  const systemPackages = { zlib1g: "1:1", "libgomp1-dev": "12", libgomp1: "12" };
  const inputs = { ...read, packages: { "linux/amd64": { systemPackages, python: [] } } };
  const beginning = (text: string) =>
    text.slice(0, text.search(/RUN --mount=type=cache,target=\/root\/.cache\/pip|FROM environment AS/));
  const environment = beginning(`${renderEnvironment(inputs, layOutImage(inputs))}\nFROM environment AS x`);
  // apt names them in an order of its own, a lock sorts them.
  const asApt = Object.fromEntries(Object.entries(systemPackages).reverse());
  const answered = { ...inputs, packages: { "linux/amd64": { systemPackages: asApt, python: [] } } };
  const question = beginning(renderPythonQuestion(questionOf(answered), layOutEnvironment(answered)));
  assert.ok(question.startsWith(environment), question);
});

function baseOf({ baseImage }: Config, name: string): DockerfileInputs["base"] {
  if (baseImage.kind === "image") return { reference: `${baseImage.image}@${digest}`, digest };
  if (baseImage.kind === "oci-layout") return { reference: LAYOUT_CONTEXT, digest };
  const own = readFileSync(`${fixtures}/${name}/base.Dockerfile`, "utf8");
  const inlined = inlineBase(own, baseImage, ENVIRONMENT_STAGE);
  if (!inlined.ok) throw new Error(inlined.diagnostics.map(({ message }) => message).join("; "));
  return inlined.value;
}

test.run();

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Config } from "../../src/model/config.ts";
import { DOCKERFILE_HEADER, isOurDockerfile } from "../../src/model/dockerfile-header.ts";
import {
  type DockerfileInputs,
  ENVIRONMENT_STAGE,
  renderDockerfile,
  renderEnvironment,
} from "../../src/steps/dockerfile.ts";
import { layOutImage } from "../../src/steps/image-layout.ts";
import { inlineBase } from "../../src/steps/inline-base.ts";
import { LAYOUT_CONTEXT } from "../../src/steps/read-base.ts";
import { settingsOf } from "../../src/steps/service-settings.ts";
import { assertGolden } from "../assert-golden.ts";
import { readText } from "../config/read-fixture.ts";

const test = suite("Dockerfiles");

const fixtures = fileURLToPath(new URL("../../fixtures/dockerfiles", import.meta.url));
const cases = readdirSync(fixtures);
const digest = `sha256:${"0".repeat(64)}`;

const renderers = { environment: renderEnvironment, folder: renderDockerfile };

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

function readInputs(name: string): DockerfileInputs & Config {
  const read = readText(readFileSync(`${fixtures}/${name}/mlpackage.yaml`, "utf8"));
  if (!read.ok) throw new Error(read.diagnostics.map(({ message }) => message).join("; "));
  const config = read.value;
  const base = baseOf(config, name);
  const isServed = config.inference.kind === "script";
  const named = "reference" in base && config.baseImage.kind === "image" ? base : {};
  const settings = settingsOf({ ...config, base: named, labels: config.build.labels }, layOutImage(config));
  return { ...config, base, isServed, settings };
}

function baseOf({ baseImage }: Config, name: string): DockerfileInputs["base"] {
  if (baseImage.kind === "image") return { reference: `${baseImage.image}@${digest}`, digest };
  if (baseImage.kind === "oci-layout") return { reference: LAYOUT_CONTEXT, digest };
  const own = readFileSync(`${fixtures}/${name}/base.Dockerfile`, "utf8");
  const inlined = inlineBase(own, baseImage, ENVIRONMENT_STAGE);
  if (!inlined.ok) throw new Error(inlined.diagnostics.map(({ message }) => message).join("; "));
  return inlined.value;
}

test.run();

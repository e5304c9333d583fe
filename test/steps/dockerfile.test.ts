import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Config } from "../../src/model/config.ts";
import { DOCKERFILE_HEADER, isOurDockerfile } from "../../src/model/dockerfile-header.ts";
import { type DockerfileInputs, ENVIRONMENT_STAGE, renderDockerfile } from "../../src/steps/dockerfile.ts";
import { layOutImage } from "../../src/steps/image-layout.ts";
import { inlineBase } from "../../src/steps/inline-base.ts";
import { assertGolden } from "../assert-golden.ts";
import { readText } from "../config/read-fixture.ts";

const test = suite("renderDockerfile");

const fixtures = fileURLToPath(new URL("../../fixtures/dockerfiles", import.meta.url));
const cases = readdirSync(fixtures);
const digest = `sha256:${"0".repeat(64)}`;

for (const name of cases) {
  for (const place of ["contexts", "folder"] as const) {
    test(`${name}: ${place}`, () => {
      const inputs = readInputs(name);
      const text = renderDockerfile(inputs, layOutImage(inputs), place);
      assertGolden(`${fixtures}/${name}/${place}.Dockerfile`, text);
      assert.ok(isOurDockerfile(text));
    });
  }
}

test("there are cases", () => assert.ok(cases.length >= 9, `only ${cases.length}`));

test("an empty value and an empty list leave nothing behind", () => {
  const inputs = readInputs("minimal");
  const text = renderDockerfile(inputs, layOutImage(inputs), "contexts");
  assert.not.match(text, /undefined|\n\n\n| $/m);
});

test("parser directives stand before the header", () => {
  const inputs = readInputs("minimal");
  const base = { directives: ["# syntax=a/b:1"], stages: "FROM a AS environment" };
  const text = renderDockerfile({ ...inputs, base }, layOutImage(inputs), "contexts");
  assert.ok(text.startsWith(`# syntax=a/b:1\n${DOCKERFILE_HEADER}\n\nFROM a AS environment\n`));
});

test("a line break in a value is never written", () => {
  const inputs = readInputs("minimal");
  const bad = { ...inputs, labels: { a: "x\nRUN evil" } };
  assert.throws(() => renderDockerfile(bad, layOutImage(bad), "contexts"), /control character/);
});

function readInputs(name: string): DockerfileInputs & Config {
  const read = readText(readFileSync(`${fixtures}/${name}/mlpackage.yaml`, "utf8"));
  if (!read.ok) throw new Error(read.diagnostics.map(({ message }) => message).join("; "));
  const { baseImage, build } = read.value;
  if (baseImage.kind === "image") {
    const base = { reference: `${baseImage.image}@${digest}`, digest };
    return { ...read.value, base, labels: build.labels };
  }
  const own = readFileSync(`${fixtures}/${name}/base.Dockerfile`, "utf8");
  const inlined = inlineBase(own, baseImage, ENVIRONMENT_STAGE);
  if (!inlined.ok) throw new Error(inlined.diagnostics.map(({ message }) => message).join("; "));
  return { ...read.value, base: inlined.value, labels: build.labels };
}

test.run();

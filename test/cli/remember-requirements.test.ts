import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createRequirementsMemory } from "../../src/cli/remember-requirements.ts";
import { readCheckedConfig } from "../../src/config/read-config.ts";
import { parseDocument } from "../../src/document/parse.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("remembered requirements");

const { files } = makeHost();
const yaml =
  "name: demo\ninference: {command: [serve]}\nenvironment: {python: {requirements: pyproject.toml}}\n";

/** What is asked for, and whether it was recalled. */
async function readIn(directory: string, text = yaml) {
  const memory = createRequirementsMemory(path.join(directory, "cache/x.json"), files);
  let isRecalled = false;
  const document = parseDocument({ path: "mlpackage.yaml", text });
  if (!document.ok) throw new Error("the file of the test is wrong");
  const config = await readCheckedConfig(document.value, {
    ...{ directory, files, variables: {} },
    memory: {
      ...memory,
      async recall(key) {
        const known = await memory.recall(key);
        isRecalled = known !== undefined;
        return known;
      },
    },
  });
  await memory.remember();
  const { requirements } = config.ok ? config.value.environment.python : {};
  return { isRecalled, list: requirements !== undefined && "list" in requirements ? requirements.list : [] };
}

const project = (names: string) =>
  `[project]\nname = "demo"\ndependencies = [${names}]\noptional-dependencies = {more = ["scipy"]}\n`;

test("a file that is as it was is not read again, and one that is not, is", async () => {
  const folder = makeFolder({ "pyproject.toml": project('"numpy"') });
  assert.equal(await readIn(folder), { isRecalled: false, list: ["numpy"] });
  assert.equal(await readIn(folder), { isRecalled: true, list: ["numpy"] });
  writeInto(folder, "pyproject.toml", project('"pandas"'));
  assert.equal(await readIn(folder), { isRecalled: false, list: ["pandas"] });
  const more = yaml.replace("pyproject.toml", "pyproject.toml, extras: [more]");
  assert.equal(await readIn(folder, more), { isRecalled: false, list: ["pandas", "scipy"] });
});

test("what is damaged is read again", async () => {
  const folder = makeFolder({ "pyproject.toml": project('"numpy"') });
  await readIn(folder);
  for (const damaged of ["", "{", '{"format":1,"key":"","found":{"lines":["evil"]}}\n0']) {
    writeInto(folder, "cache/x.json", damaged);
    assert.equal(await readIn(folder), { isRecalled: false, list: ["numpy"] });
  }
});

test("what has something to tell tells it each time", async () => {
  const folder = makeFolder({ "pyproject.toml": project('"numpy", "-r x"') });
  for (const _time of [1, 2]) assert.is((await readIn(folder)).isRecalled, false);
});

test.run();

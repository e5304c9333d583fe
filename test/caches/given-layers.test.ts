import { utimesSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createGivenLayers } from "../../src/caches/given-layers.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("given layers");

const { files, clock } = makeHost();
const [a, b] = [digestOf("a"), digestOf("b")];
const ENGINE = "unix:///var/run/docker.sock";

test("a note is found for its engine until it is forgotten", async () => {
  const directory = makeFolder();
  const given = () => createGivenLayers(directory, files, clock);
  assert.equal(await given().find(ENGINE, [a, b]), []);
  await given().note(ENGINE, b);
  assert.equal(await given().find(ENGINE, [a, b]), [b]);
  assert.equal(await given().find("tcp://10.0.0.1:2375", [a, b]), []);
  await given().forget(ENGINE, [a, b]);
  assert.equal(await given().find(ENGINE, [a, b]), []);
});

test("an old note, and one of the future, are none", async () => {
  const directory = makeFolder();
  const given = createGivenLayers(directory, files, clock);
  await given.note(ENGINE, a);
  const [name = ""] = await files.list(path.join(directory, "given"));
  for (const [hours, found] of [
    [-19, [a]],
    [-21, []],
    [21, []],
  ] as const) {
    const seconds = Date.now() / 1000 + hours * 3600;
    utimesSync(path.join(directory, "given", name), seconds, seconds);
    assert.equal(await given.find(ENGINE, [a]), found, `${hours} hours`);
  }
});

test("a folder that cannot be written costs nothing but the note", async () => {
  const given = createGivenLayers(makeFolder({ given: "a file" }), files, clock);
  await given.note(ENGINE, a);
  assert.equal(await given.find(ENGINE, [a]), []);
  await given.forget(ENGINE, [a]);
});

test.run();

import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createBlobLocations } from "../../src/caches/blob-locations.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("blob locations");

const { files } = makeHost();
const [a, b] = [digestOf("a"), digestOf("b")];
const open = (directory = makeFolder()) => ({ directory, ...createBlobLocations(directory, files) });

test("a blob is found where it was seen, the latest place first", async () => {
  const { directory, note } = open();
  for (const repository of ["r.example/one", "r.example:5000/team/two", "localhost/three"])
    await note(a, repository);
  const { find } = open(directory);
  assert.equal(await find(a), ["localhost/three", "r.example:5000/team/two", "r.example/one"]);
  assert.equal(await find(b), []);
});

test("a place that is seen again comes first, and once", async () => {
  const { find, note } = open();
  for (const repository of ["r.example/one", "r.example/two", "r.example/one"]) await note(a, repository);
  assert.equal(await find(a), ["r.example/one", "r.example/two"]);
});

test("what is first already is not written again", async () => {
  const { directory, note } = open();
  await note(a, "r.example/one");
  const place = path.join(directory, "locations", digestOf(a).slice("sha256:".length));
  const before = await files.stamp(place);
  await note(a, "r.example/one");
  assert.is(await files.stamp(place), before);
  await note(a, "r.example/two");
  assert.is.not(await files.stamp(place), before);
});

test("four places are kept", async () => {
  const { find, note } = open();
  for (const number of [1, 2, 3, 4, 5, 6]) await note(a, `r.example/${number}`);
  assert.equal(
    await find(a),
    [6, 5, 4, 3].map((number) => `r.example/${number}`),
  );
});

test("lines that name no repository are left aside", async () => {
  const { directory, find } = open();
  const lines = [
    "",
    "nonsense",
    "r.example/one",
    "https://r.example/two",
    "r.example/a b",
    "r.example//three",
  ];
  writeInto(directory, `locations/${digestOf(a).slice("sha256:".length)}`, lines.join("\n"));
  assert.equal(await find(a), ["r.example/one"]);
});

test("a folder that cannot be written costs nothing but the note", async () => {
  const { find, note } = open(makeFolder({ locations: "a file" }));
  await note(a, "r.example/one");
  assert.equal(await find(a), []);
});

test.run();

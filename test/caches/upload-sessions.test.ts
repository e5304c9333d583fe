import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createUploadSessions } from "../../src/caches/upload-sessions.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("upload sessions");

const { files } = makeHost();
const layer = digestOf("layer");
const PLACE = "https://r.example/v2/team/a/blobs/uploads/1?_state=secret";

test("a note is found until it is forgotten", async () => {
  const directory = makeFolder();
  const sessions = () => createUploadSessions(directory, "r.example/team/a", files);
  assert.is(await sessions().find(layer), undefined);
  await sessions().note(layer, PLACE);
  assert.is(await sessions().find(layer), PLACE);
  await sessions().note(layer, `${PLACE}2`);
  assert.is(await sessions().find(layer), `${PLACE}2`);
  await sessions().forget(layer);
  await sessions().forget(layer);
  assert.is(await sessions().find(layer), undefined);
});

test("each repository and each blob has its own", async () => {
  const directory = makeFolder();
  const sessionsOf = (repository: string) => createUploadSessions(directory, repository, files);
  await sessionsOf("r.example/team/a").note(layer, PLACE);
  for (const other of ["r.example/team/b", "r.example:5000/team/a", "r.example/team"])
    assert.is(await sessionsOf(other).find(layer), undefined);
  assert.is(await sessionsOf("r.example/team/a").find(digestOf("other")), undefined);
});

test("what opens an upload is nobody else's to read, nor in the file's name", async () => {
  const directory = makeFolder();
  await createUploadSessions(directory, "r.example/team/a", files).note(layer, PLACE);
  const [name = "", ...others] = readdirSync(path.join(directory, "uploads"));
  assert.equal(others, []);
  assert.match(name, /^[0-9a-f]{64}$/);
  assert.is(statSync(path.join(directory, "uploads", name)).mode & 0o777, 0o600);
});

test("what is no address is no note", async () => {
  const directory = makeFolder();
  const sessions = createUploadSessions(directory, "r.example/team/a", files);
  await sessions.note(layer, PLACE);
  const [name = ""] = readdirSync(path.join(directory, "uploads"));
  for (const text of ["", "nonsense", "/v2/team/a/blobs/uploads/1", "\u0000"]) {
    writeInto(directory, `uploads/${name}`, text);
    assert.is(await sessions.find(layer), undefined, JSON.stringify(text));
  }
});

test("a folder that cannot be written costs nothing but the note", async () => {
  const directory = makeFolder({ uploads: "a file" });
  const sessions = createUploadSessions(directory, "r.example/team/a", files);
  await sessions.note(layer, PLACE);
  assert.is(await sessions.find(layer), undefined);
  await sessions.forget(layer);
});

test.run();

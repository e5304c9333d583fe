import { copyFileSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import { InputChanged, watchFiles } from "../../src/steps/output-files.ts";
import { makeStepContext } from "../fakes/step-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("files a step reads where they lie");

const MODEL = { path: "m.pkl", digest: digestOf("weights"), size: 7, mode: 0o644, origin: "m.pkl" };

async function watchModel() {
  const directory = makeFolder({ "m.pkl": "weights" });
  const place = path.join(directory, "m.pkl");
  return { place, demandUnchanged: await watchFiles([MODEL], makeStepContext(directory)) };
}

async function assertChanged(act: Promise<unknown>): Promise<void> {
  await act.then(
    () => assert.unreachable(),
    (error: Error) => {
      assert.instance(error, InputChanged);
      assert.match(error.message, "`m.pkl` changed");
    },
  );
}

test("as they were", async () => (await watchModel()).demandUnchanged());

test("edited", async () => {
  const { place, demandUnchanged } = await watchModel();
  writeFileSync(place, "WEIGHTS");
  await assertChanged(demandUnchanged());
});

test("edited with the same size and time", async () => {
  const { place, demandUnchanged } = await watchModel();
  const { atime, mtime } = statSync(place);
  writeFileSync(place, "WEIGHTS");
  utimesSync(place, atime, mtime);
  await assertChanged(demandUnchanged());
});

test("edited and put back", async () => {
  const { place, demandUnchanged } = await watchModel();
  const content = readFileSync(place);
  writeFileSync(place, "WEIGHTS");
  writeFileSync(place, content);
  await assertChanged(demandUnchanged());
});

test("replaced by a copy", async () => {
  const { place, demandUnchanged } = await watchModel();
  copyFileSync(place, `${place}.copy`);
  writeFileSync(place, readFileSync(`${place}.copy`));
  await assertChanged(demandUnchanged());
});

test("changed before the step began", async () => {
  const directory = makeFolder({ "m.pkl": "others" });
  await assertChanged(watchFiles([MODEL], makeStepContext(directory)));
});

test.run();

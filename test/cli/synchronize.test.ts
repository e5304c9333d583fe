// What the container of `run --watch` is given: the real code, and a container that notes what it is told.
import { rmSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Code, CodeFolder } from "../../src/cli/watch/code-folder.ts";
import { createSynchronizer } from "../../src/cli/watch/synchronize.ts";
import { textOf } from "../../src/model/chunks.ts";
import type { Service } from "../../src/model/engine.ts";
import { type Host, PartChanged } from "../../src/model/host.ts";
import { succeed } from "../../src/model/result.ts";
import { snapshotTree } from "../../src/plan/snapshot-tree.ts";
import { makeCall } from "../fakes/call.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { only } from "../fakes/only.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("giving a container the code");

/** `faults` are those of the first transfers, `removals` exit codes; one that `isDeaf` does not reload. */
async function start(faults: readonly Error[] = [], { isDeaf = false, removals = [0] } = {}) {
  const place = makeFolder({ "a.py": "1", "b.py": "2" });
  const { session } = makeCall({});
  const host: Host = { ...session.host, clock: createManualClock() };
  const told: string[] = [];
  const waiting = [...faults];
  let latest = 0;
  const read = async () => {
    const fault = waiting.shift();
    if (fault !== undefined) throw fault;
    return succeed(only<Code>({ tree: await snapshotTree(host.files, place) }));
  };
  const first = await snapshotTree(host.files, place);
  const folder: CodeFolder = {
    read,
    archive: (_code, paths) => ({
      folder: "/code",
      archive: (async function* () {
        yield Buffer.from(paths.join(" "));
      })(),
    }),
    removal: (paths) => ["remove", ...paths],
  };
  const service = only<Service>({
    unpack: async ({ archive }) => {
      told.push(`unpack ${await textOf(archive)}`);
    },
    execute: async (command) => {
      told.push(command.join(" "));
      return removals.shift() ?? 0;
    },
    alert: async (name) => {
      told.push(name);
      if (!isDeaf) latest += 1;
    },
  });
  const log = { write: () => {}, end: () => {}, latest: () => latest, outcome: () => undefined };
  const synchronizer = createSynchronizer(
    { session: { ...session, host }, service, folder, log, hasEnded: () => false },
    only<Code>({ tree: first }),
  );
  return { place, told, synchronizer };
}

test("what is the same is not sent, and reloads nothing", async () => {
  const { told, synchronizer } = await start();
  const done = await synchronizer.synchronize(0);
  assert.ok(done.ok && done.value === undefined);
  assert.equal(told, []);
});

test("what is gone is removed first, then what is new is sent, and then it is told to reload", async () => {
  const { place, told, synchronizer } = await start();
  rmSync(path.join(place, "a.py"));
  writeInto(place, "b.py", "3");
  writeInto(place, "c/d.py", "4");
  const done = await synchronizer.synchronize(7);
  assert.ok(done.ok);
  assert.equal(done.value, { number: 1, files: ["b.py", "c/d.py", "a.py"], sinceMs: 7 });
  assert.equal(told, ["remove a.py", "unpack b.py c/d.py", "SIGHUP"]);
});

test("what could not be removed is tried again with the next change", async () => {
  const { place, told, synchronizer } = await start([], { removals: [1, 0] });
  rmSync(path.join(place, "a.py"));
  assert.not((await synchronizer.synchronize(0)).ok);
  assert.ok((await synchronizer.synchronize(0)).ok);
  assert.equal(told, ["remove a.py", "remove a.py", "SIGHUP"]);
});

test("files that move while they are read are read again", async () => {
  const vanished = Object.assign(new Error("gone"), { code: "ENOENT", syscall: "open", path: "a.py" });
  const { place, told, synchronizer } = await start([new PartChanged("a.py"), vanished]);
  writeInto(place, "a.py", "2");
  assert.ok((await synchronizer.synchronize(0)).ok);
  assert.equal(told, ["unpack a.py", "SIGHUP"]);
});

test("if they never come to rest, that is told, and the next change has it all", async () => {
  const { place, told, synchronizer } = await start(Array.from({ length: 5 }, () => new PartChanged("a.py")));
  writeInto(place, "a.py", "2");
  const failed = await synchronizer.synchronize(0);
  assert.equal(failed.ok ? [] : failed.diagnostics.map(({ code }) => code), ["step/input-changed"]);
  assert.equal(told, []);
  assert.ok((await synchronizer.synchronize(0)).ok);
  assert.equal(told, ["unpack a.py", "SIGHUP"]);
});

test("a server that does not hear of it is told of", async () => {
  const { place, synchronizer } = await start([], { isDeaf: true });
  writeInto(place, "a.py", "2");
  const done = await synchronizer.synchronize(0);
  assert.equal(done.ok ? [] : done.diagnostics.map(({ code }) => code), ["cli/not-reloaded"]);
});

test("a bug is not taken for a fault of the files", async () => {
  const { synchronizer } = await start([new TypeError("a bug")]);
  const error: unknown = await synchronizer.synchronize(0).catch((raised: unknown) => raised);
  assert.instance(error, TypeError);
});

test.run();

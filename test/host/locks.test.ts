import { readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createLocks } from "../../src/host/locks.ts";
import { identifyProcess } from "../../src/host/process-identity.ts";
import { type LockOwner, LockTimeout } from "../../src/model/locks.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("locks");

const HOLDER = new URL("hold-lock.ts", import.meta.url).pathname;

function startHolder(directory: string, ...args: readonly string[]) {
  return execa("node", ["--import", "tsx", HOLDER, directory, ...args], { reject: false });
}

/** Starts a process that holds a lock, and waits until it has it. */
async function holdElsewhere(directory: string, name: string, heldMs: number) {
  const child = startHolder(directory, name, String(heldMs));
  await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
  // Wrapped: a child of execa is a promise of its end, which an async function would wait for.
  return { child };
}

const makeLocks = (directory: string) => createLocks(directory, identifyProcess(), "apply in /here");

test("one at a time within a process, in the order they came", async () => {
  const locks = makeLocks(makeFolder());
  const order: string[] = [];
  await Promise.all(
    ["first", "second", "third"].map(async (name) => {
      const release = await locks.acquire("key", {});
      order.push(`${name} has it`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push(`${name} gives it`);
      await release();
    }),
  );
  assert.equal(
    order,
    ["first", "second", "third"].flatMap((name) => [`${name} has it`, `${name} gives it`]),
  );
});

test("several runs of one process keep apart, and wait no longer than they may", async () => {
  const directory = makeFolder();
  const release = await makeLocks(directory).acquire("key", {});
  const owners: LockOwner[] = [];
  const other = makeLocks(directory);
  const refusalOf = (options: Parameters<typeof other.acquire>[1]) =>
    other.acquire("key", options).then(
      () => undefined,
      (error: Error) => error,
    );
  const late = await refusalOf({ timeoutMs: 20, onWait: (owner) => owners.push(owner) });
  assert.instance(late, LockTimeout);
  assert.equal(
    owners.map(({ pid, purpose, isHere }) => ({ pid, purpose, isHere })),
    [{ pid: process.pid, purpose: "apply in /here", isHere: true }],
  );
  const aborted = await refusalOf({ signal: AbortSignal.timeout(20) });
  assert.is(aborted?.name, "TimeoutError");
  const waiting = other.acquire("key", {});
  await release();
  await (await waiting)();
});

test("other names are other locks", async () => {
  const locks = makeLocks(makeFolder());
  const releases = await Promise.all(["a", "b"].map((name) => locks.acquire(name, {})));
  await Promise.all(releases.map((release) => release()));
});

test("who waits is told for whom, and gets the lock when it is given back", async () => {
  const directory = makeFolder();
  const { child } = await holdElsewhere(directory, "key", 300);
  const owners: LockOwner[] = [];
  const release = await makeLocks(directory).acquire("key", { onWait: (owner) => owners.push(owner) });
  await release();
  assert.equal(
    owners.map(({ pid, purpose }) => ({ pid, purpose })),
    [{ pid: child.pid, purpose: "a test" }],
  );
  await child;
});

test("the lock of a process that was killed is free at once", async () => {
  const directory = makeFolder();
  const { child } = await holdElsewhere(directory, "key", 60_000);
  child.kill("SIGKILL");
  await child;
  assert.is(readdirSync(directory).length, 1);
  const began = performance.now();
  const release = await makeLocks(directory).acquire("key", { timeoutMs: 5000 });
  assert.ok(performance.now() - began < 1000);
  await release();
});

test("so is that of an earlier boot, and of a process whose number another has by now", async () => {
  const directory = makeFolder();
  const self = identifyProcess();
  const [machine, boot, , start] = self.id.split("-");
  for (const dead of [`${machine}-00000000-1-1`, `${machine}-${boot}-${process.ppid}-${Number(start) + 1}`])
    writeFileSync(path.join(directory, `key.${dead}`), "{}");
  const release = await makeLocks(directory).acquire("key", { timeoutMs: 1000 });
  await release();
});

test("that of another machine is not ours to judge", async () => {
  const directory = makeFolder();
  writeFileSync(
    path.join(directory, "key.0badcafe-00000000-1-1"),
    JSON.stringify({ pid: 1, host: "elsewhere", purpose: "apply in /there" }),
  );
  try {
    await makeLocks(directory).acquire("key", { timeoutMs: 100 });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, LockTimeout);
    assert.match((error as Error).message, "process 1 on elsewhere (apply in /there)");
  }
});

test("waiting ends with the signal, and leaves nothing", async () => {
  const directory = makeFolder();
  const { child } = await holdElsewhere(directory, "key", 60_000);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  await makeLocks(directory)
    .acquire("key", { signal: controller.signal })
    .then(
      () => assert.unreachable(),
      (error: Error) => assert.is(error.name, "AbortError"),
    );
  assert.is(readdirSync(directory).length, 1);
  child.kill("SIGKILL");
  await child;
});

test("a lock that was given back leaves no file", async () => {
  const directory = makeFolder();
  const release = await makeLocks(directory).acquire("key", {});
  await release();
  await release();
  assert.equal(readdirSync(directory), []);
});

test("nor does a claim that a full disk cut short", async () => {
  const directory = makeFolder();
  symlinkSync("/dev/full", path.join(directory, `key.${identifyProcess().id}`));
  const refused = await makeLocks(directory)
    .acquire("key", {})
    .catch((error: NodeJS.ErrnoException) => error.code);
  assert.is(refused, "ENOSPC");
  assert.equal(readdirSync(directory), []);
});

test("six processes that fight for one lock never have it together", async () => {
  const directory = makeFolder();
  const ended = await Promise.all(Array.from({ length: 6 }, () => startHolder(directory, "key", "3", "8")));
  for (const { stderr } of ended) assert.is(stderr, "");
  const spans = ended
    .flatMap(({ stdout }) => {
      const times = stdout.split("\n").map((line) => BigInt(line.split(" ")[1] ?? 0));
      return times.flatMap((time, index) =>
        index % 2 === 0 ? [{ had: time, gave: times[index + 1] ?? 0n }] : [],
      );
    })
    .sort((a, b) => (a.had < b.had ? -1 : 1));
  assert.is(spans.length, 48);
  for (const [index, span] of spans.entries())
    assert.ok(index === 0 || span.had >= (spans[index - 1]?.gave ?? 0n), `${index} overlaps`);
});

test("that of another machine is free once it has been silent for minutes", async () => {
  const directory = makeFolder();
  const claim = path.join(directory, "key.0badcafe-00000000-1-1");
  writeFileSync(claim, JSON.stringify({ pid: 1, host: "elsewhere", purpose: "apply in /there" }));
  const before = Date.now() / 1000 - 200;
  utimesSync(claim, before, before);
  const release = await makeLocks(directory).acquire("key", { timeoutMs: 1000 });
  await release();
});

test.run();

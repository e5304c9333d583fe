import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openForVendoring, openVendor, writeVendor } from "../../src/cli/vendor-folder.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { Result } from "../../src/model/result.ts";
import { type Vendor, VendorChanged, type VendoredFile } from "../../src/model/vendor.ts";
import { makeCall } from "../fakes/call.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("a vendor folder");

const CONTENTS = { "models/a/a.bin": "weights", "models/b/b.bin": "others" };

function fileAt(name: string, content: string): VendoredFile {
  return {
    part: "model",
    name: name.split("/")[1] ?? "",
    path: name,
    digest: digestOf(content),
    size: content.length,
  };
}

const list = { files: Object.entries(CONTENTS).map(([name, content]) => fileAt(name, content)) };

function openPlace() {
  const { session, workingDirectory } = makeCall({});
  const source = makeFolder(CONTENTS);
  const place = path.join(workingDirectory, "kept");
  const from = async (file: VendoredFile) => path.join(source, file.path);
  return {
    session,
    place,
    from,
    write: async () => writtenOf(await writeVendor(place, list, from, session)),
  };
}

function writtenOf(result: Result<number | undefined>): number | undefined {
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
  return result.value;
}

function codeOf(result: Result<unknown>): string | undefined {
  return result.ok ? undefined : result.diagnostics[0]?.code;
}

function vendorOf(result: Result<Vendor>): Vendor {
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
  return result.value;
}

async function faultOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "",
    (error: unknown) => (error instanceof VendorChanged ? error.message : String(error)),
  );
}

test("what is written is found by its digest", async () => {
  const { session, place, write } = openPlace();
  assert.is(codeOf(await openVendor(session, "kept")), "cli/no-vendor-folder");
  assert.is(await write(), 2);
  const vendor = vendorOf(await openVendor(session, "kept"));
  assert.equal(vendor.list, list);
  assert.is(await vendor.find(digestOf("weights")), path.join(place, "models/a/a.bin"));
  assert.is(await vendor.find(digestOf("nothing")), undefined);
  assert.is(await write(), 0);
});

test("what was changed since is refused, and what is gone", async () => {
  const { session, place, write } = openPlace();
  await write();
  const vendor = vendorOf(await openVendor(session, "kept"));
  writeInto(place, "models/a/a.bin", "changed");
  assert.is(
    await faultOf(vendor.find(digestOf("weights"))),
    "`kept/models/a/a.bin` has other bytes: it has changed since it was vendored",
  );
  await session.host.files.remove(path.join(place, "models/b"));
  assert.match(await faultOf(vendor.find(digestOf("others"))), "`kept/models/b/b.bin` is gone");
  assert.equal(vendorOf(await openForVendoring(session, "kept")).list, { files: [] });
  assert.is(await write(), 2);
});

test("one whose writing was interrupted is no vendor folder, and is gone on with", async () => {
  const { session, place, from, write } = openPlace();
  const interrupted = writeVendor(
    place,
    list,
    (file) => (file.path.startsWith("models/b") ? Promise.reject(new Error("interrupted")) : from(file)),
    session,
  );
  assert.match(await faultOf(interrupted.then(writtenOf)), "interrupted");
  assert.is(codeOf(await openVendor(session, "kept")), "cli/unfinished-vendor-folder");
  assert.is(codeOf(await openForVendoring(session, "kept")), undefined);
  assert.is(await write(), 1);
  assert.is(codeOf(await openVendor(session, "kept")), undefined);
});

test("what no list names any more is removed, with what an interruption left", async () => {
  const { session, place, from, write } = openPlace();
  await write();
  writeInto(place, "python/linux_amd64/a.whl.1.partial", "half");
  const [first] = list.files;
  assert.ok(first !== undefined);
  await writeVendor(place, { files: [first] }, from, session);
  assert.ok(existsSync(path.join(place, "models/a/a.bin")));
  assert.not(existsSync(path.join(place, "models/b/b.bin")));
  assert.not(existsSync(path.join(place, "python")));
});

test("a base of which a part is not right counts as none", async () => {
  const { session, place, from } = openPlace();
  const files = list.files.map(({ path: name, digest, size }) => ({
    part: "base" as const,
    path: name,
    digest,
    size,
  }));
  await writeVendor(place, { base: { digest: digestOf("base"), platforms: [] }, files }, from, session);
  assert.ok(vendorOf(await openForVendoring(session, "kept")).list.base !== undefined);
  writeInto(place, "models/a/a.bin", "changed");
  assert.is(vendorOf(await openForVendoring(session, "kept")).list.base, undefined);
});

test("a folder of somebody's, and a file, are left alone", async () => {
  const { session, place } = openPlace();
  writeInto(place, "thesis.tex", "years of work");
  writeInto(place, "vendor.json", "{}");
  assert.is(codeOf(await openForVendoring(session, "kept")), "cli/place-taken");
  assert.is(codeOf(await openForVendoring(session, "kept/thesis.tex")), "cli/place-taken");
  assert.is(readFileSync(path.join(place, "thesis.tex"), "utf8"), "years of work");
});

for (const link of ["python", "models", "models/a"])
  test(`what lies behind a link at ${link} is left alone`, async () => {
    const { session, place, from, write } = openPlace();
    const [, second] = list.files;
    assert.ok(second !== undefined);
    await writeVendor(place, { files: [second] }, from, session);
    const home = makeFolder({ "thesis.tex": "years of work", "a.bin": "more" });
    await session.host.files.remove(path.join(place, link));
    mkdirSync(path.dirname(path.join(place, link)), { recursive: true });
    symlinkSync(home, path.join(place, link));
    assert.match(await faultOf(write()), `\`${place}/${link}\` is a link to another place`);
    if (!link.includes("/"))
      assert.is(codeOf(await openForVendoring(session, "kept")), "cli/link-in-vendor-folder");
    assert.is(readFileSync(path.join(home, "thesis.tex"), "utf8"), "years of work");
    assert.is(readFileSync(path.join(home, "a.bin"), "utf8"), "more");
  });

test("a folder among ours does not stand for another, and one that is itself reached by a link is filled", async () => {
  const { session, place, write } = openPlace();
  const real = makeFolder({});
  symlinkSync(real, place);
  assert.is(await write(), 2);
  symlinkSync(path.join(real, "models"), path.join(real, "base"));
  assert.match(await faultOf(write()), "base` is a link to another place");
  assert.is(codeOf(await openForVendoring(session, "kept")), "cli/link-in-vendor-folder");
  assert.ok(existsSync(path.join(real, "models/a/a.bin")));
});

test("one whose refilling was interrupted is not whole, and keeps what it had", async () => {
  const { session, place, from, write } = openPlace();
  const [first, second] = list.files;
  assert.ok(first !== undefined && second !== undefined);
  await writeVendor(place, { files: [first] }, from, session);
  const stop = new AbortController();
  const stopping = async (file: VendoredFile) => {
    stop.abort();
    return from(file);
  };
  const more = { files: [second, fileAt("models/c/c.bin", "third")] };
  const interrupted = await writeVendor(place, more, stopping, { ...session, signal: stop.signal });
  assert.is(writtenOf(interrupted), undefined);
  assert.is(codeOf(await openVendor(session, "kept")), "cli/unfinished-vendor-folder");
  assert.equal(vendorOf(await openForVendoring(session, "kept")).list, { files: [first] });
  // Interrupted once more, at its beginning.
  await writeVendor(place, more, from, { ...session, signal: AbortSignal.abort() });
  assert.equal(vendorOf(await openForVendoring(session, "kept")).list, { files: [first] });
  assert.is(await write(), 0);
  assert.equal(vendorOf(await openVendor(session, "kept")).list, list);
});

test.run();

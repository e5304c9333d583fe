import { existsSync, readdirSync, truncateSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { Network } from "../../src/model/host.ts";
import type { RemoteFile } from "../../src/model/place.ts";
import { follow } from "../../src/transfers/follow.ts";
import { rangeHeaders } from "../../src/transfers/range-headers.ts";
import { transfer } from "../../src/transfers/transfer.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { startService } from "../rig/servers/service.ts";

/** Files that come in pieces, from servers that do not all do as they should. */
const test = suite("transfer");

/** Three pieces of 16 MiB and a bit. */
const content = Buffer.alloc(50_000_000, "weights of a large model; ");
const other = Buffer.alloc(50_000_000, "weights of another model; ");
const digest = digestOf(content);

type Answer = {
  readonly content?: Buffer;
  readonly etag?: string;
  /** What is sent of the answer before the connection ends. */
  readonly cutAt?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ignoresRanges?: boolean;
};

/** Serves `answerTo(nth)`, counting from one, and heeds ranges and `If-Range`. */
async function serve(answerTo: (nth: number, range: string) => Answer = () => ({})) {
  const asked: string[] = [];
  const service = await startService((request: IncomingMessage, response: ServerResponse) => {
    const { range = "all", "if-range": ifRange } = request.headers;
    asked.push(range);
    const answer = answerTo(asked.length, range);
    const { etag = '"1"', content: whole = content, cutAt } = answer;
    const [, first = "", last = ""] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
    const isPart = first !== "" && !answer.ignoresRanges && (ifRange === undefined || ifRange === etag);
    const [start, end] = isPart
      ? [Number(first), Math.min(Number(last) + 1, whole.length)]
      : [0, whole.length];
    response.writeHead(isPart ? 206 : 200, {
      ...(etag !== "" && { etag }),
      "content-length": end - start,
      ...(isPart && { "content-range": `bytes ${start}-${end - 1}/${whole.length}` }),
      ...(!answer.ignoresRanges && { "accept-ranges": "bytes" }),
      ...answer.headers,
    });
    const body = whole.subarray(start, end);
    if (cutAt === undefined) return void response.end(body);
    response.write(body.subarray(0, cutAt), () => setTimeout(() => response.destroy(), 100));
  });
  return { ...service, asked };
}

function makeContext(more: { readonly network?: Network } = {}) {
  const clock = createManualClock();
  const context = makeSourceContext(makeFolder(), { clock, random: () => 1, ...more });
  let bytes = 0;
  return {
    ...context,
    clock,
    came: () => bytes,
    name: digestOf("a name"),
    withConnection: <T>(act: () => Promise<T>) => act(),
    progress: {
      add(moreBytes: number) {
        bytes += moreBytes;
      },
      ...{ wait: () => {}, end: () => {} },
    },
  };
}

type Context = ReturnType<typeof makeContext>;

function fileAt(url: string, { host }: Context, more: Partial<RemoteFile> = {}): RemoteFile {
  return {
    path: "model.bin",
    size: content.length,
    open: (span, validator, signal) =>
      follow(host.network, { url: `${url}/x`, headers: rangeHeaders(span, validator), signal }),
    ...more,
  };
}

const codeOf = (error: unknown): string =>
  String((error as { readonly code?: unknown }).code ?? (error as Error).message);

/** Tells the digest of what came, or the code of the error; all that is left of the transfer is looked at. */
async function outcome(file: RemoteFile, context: Context): Promise<string> {
  try {
    const blob = await transfer(file, context);
    assert.is(await context.store.find(blob.digest), blob.path);
    assert.equal(leftIn(context), []);
    assert.is(context.came(), content.length);
    return blob.digest;
  } catch (error) {
    assert.not(existsSync(`${context.storeDirectory}/blobs`));
    return codeOf(error);
  }
}

function leftIn({ storeDirectory }: Context): readonly string[] {
  return readdirSync(`${storeDirectory}/transfers`, { recursive: true }).map(String);
}

test("a large file comes in pieces, the first alone", async () => {
  const { url, asked } = await serve();
  const context = makeContext();
  assert.is(await outcome(fileAt(url, context), context), digest);
  assert.equal(asked, ["bytes=0-16777215", "bytes=16777216-33554431", "bytes=33554432-49999999"]);
});

test("from a server that knows no ranges it comes whole", async () => {
  const { url, asked } = await serve(() => ({ ignoresRanges: true }));
  const context = makeContext();
  assert.is(await outcome(fileAt(url, context), context), digest);
  assert.equal(asked, ["bytes=0-16777215"]);
});

test("a piece that broke off goes on where it was, and the others are not asked for again", async () => {
  const { url, asked } = await serve((nth) => (nth === 2 ? { cutAt: 5_000_000 } : {}));
  const context = makeContext();
  assert.is(await outcome(fileAt(url, context), context), digest);
  assert.is(asked.length, 4);
  assert.match(asked[3] ?? "", /^bytes=2\d{7}-33554431$/);
});

test("a file that is replaced while its pieces come is brought anew, and never mixed", async () => {
  const { url } = await serve((nth) => (nth === 1 ? {} : { content: other, etag: '"2"' }));
  const context = makeContext();
  assert.is(await outcome(fileAt(url, context), context), digestOf(other));
});

test("one that is replaced again and again is refused", async () => {
  const { url } = await serve((nth) => ({ etag: `"${nth}"` }));
  const context = makeContext();
  assert.is(await outcome(fileAt(url, context), context), "source/changed");
  assert.equal(leftIn(context), []);
});

for (const [what, headers] of [
  ["another part", { "content-range": "bytes 5-16777220/50000000" }],
  ["a part of another size", { "content-range": "bytes 16777216-33554431/50000001" }],
  ["a part that it does not name", { "content-range": "" }],
] as const)
  test(`${what} than was asked for is never taken`, async () => {
    const { url } = await serve((_nth, range) => (range.startsWith("bytes=0-") ? {} : { headers }));
    const context = makeContext();
    assert.is(await outcome(fileAt(url, context), context), "source/changed");
  });

test("without an ETag and without a digest nothing is gone on with", async () => {
  const { url, asked } = await serve((nth) => (nth === 1 ? { etag: "", cutAt: 5_000_000 } : { etag: "" }));
  const context = makeContext();
  assert.is(await outcome(fileAt(url, context), context), digest);
  // What was begun is begun again, by one connection.
  assert.equal(asked, ["bytes=0-16777215", "all", "bytes=0-16777215", "all"].slice(0, asked.length));
});

test("with a digest it is, and the digest decides", async () => {
  const { url } = await serve((nth) => ({ etag: "", ...(nth === 2 && { cutAt: 5_000_000 }) }));
  const context = makeContext();
  assert.is(await outcome(fileAt(url, context, { digest }), context), digest);
});

test("what an earlier process left is gone on with, if it is the same", async () => {
  let isBroken = true;
  const { url, asked } = await serve((nth) => (isBroken && nth > 1 ? { cutAt: 0 } : {}));
  const context = makeContext();
  assert.is(await outcome(fileAt(url, context), context), "ECONNRESET");
  isBroken = false;
  asked.length = 0;
  const later = { ...makeContext(), store: context.store, storeDirectory: context.storeDirectory };
  assert.is(await outcome(fileAt(url, later), later), digest);
  assert.equal(asked.toSorted(), ["bytes=16777216-33554431", "bytes=33554432-49999999"]);
});

test("and if it is not, it comes from the start", async () => {
  let isReplaced = false;
  const { url } = await serve((nth) =>
    isReplaced ? { content: other, etag: '"2"' } : nth > 1 ? { cutAt: 0 } : {},
  );
  const context = makeContext();
  assert.is(await outcome(fileAt(url, context), context), "ECONNRESET");
  isReplaced = true;
  const later = { ...makeContext(), store: context.store, storeDirectory: context.storeDirectory };
  assert.is(await outcome(fileAt(url, later), later), digestOf(other));
});

test("what somebody wrote into it meanwhile is found by the digest, and brought anew", async () => {
  let isBroken = true;
  const { url } = await serve((nth) => (isBroken && nth > 1 ? { cutAt: 0 } : {}));
  const context = makeContext();
  assert.is(await outcome(fileAt(url, context, { digest }), context), "ECONNRESET");
  isBroken = false;
  const [content] = leftIn(context).filter((name) => name.endsWith("content"));
  const { host } = context;
  const place = `${context.storeDirectory}/transfers/${content}`;
  const file = await host.files.openGrowing(place);
  await file.write([Buffer.from("damage")], 100);
  await file.close();
  const later = { ...makeContext(), store: context.store, storeDirectory: context.storeDirectory };
  assert.is(await outcome(fileAt(url, later, { digest }), later), digest);
});

test("an interrupt ends it soon, and what has come is kept", async () => {
  const controller = new AbortController();
  const { url, asked } = await serve((nth) => {
    if (nth === 3) setTimeout(() => controller.abort(), 20);
    return nth > 1 ? { headers: { "content-length": "99999999" } } : {};
  });
  const context = { ...makeContext(), signal: controller.signal };
  const began = performance.now();
  assert.not.match(await outcome(fileAt(url, context), context), /^sha256:/);
  assert.ok(performance.now() - began < 5_000);
  assert.ok(asked.length <= 3);
  assert.ok(leftIn(context).some((name) => name.endsWith("notes.json")));
});

test("who offers ranges and sends the whole is taken at the whole", async () => {
  const { url, asked } = await serve(() => ({
    ignoresRanges: true,
    headers: { "accept-ranges": "bytes" },
  }));
  const context = makeContext();
  assert.is(await outcome(fileAt(url, context), context), digest);
  assert.equal(asked, ["bytes=0-16777215"]);
});

test("more than was said is refused as soon as it comes, and not asked for again", async () => {
  const { url, asked } = await serve(() => ({ ignoresRanges: true, headers: { "accept-ranges": "none" } }));
  const context = makeContext();
  const file = fileAt(url, context, { size: 1_000_000 });
  const { open } = file;
  // Without a length, as a chunked answer has none.
  const chunked = async (...asking: Parameters<typeof open>) => {
    const response = await open(...asking);
    const { "content-length": _, ...headers } = response.headers;
    return { ...response, headers };
  };
  assert.is(await outcome({ ...file, open: chunked }, context), "source/wrong-size");
  assert.is(asked.length, 1);
  assert.ok(context.came() < 10_000_000);
  assert.equal(leftIn(context), []);
});

test("notes of more than there is are not believed", async () => {
  let isBroken = true;
  const { url } = await serve((nth) => (isBroken && nth > 1 ? { cutAt: 0 } : {}));
  const context = makeContext();
  assert.is(await outcome(fileAt(url, context, { digest }), context), "ECONNRESET");
  isBroken = false;
  const [left] = leftIn(context).filter((name) => name.endsWith("content"));
  truncateSync(`${context.storeDirectory}/transfers/${left}`, 1000);
  const later = { ...makeContext(), store: context.store, storeDirectory: context.storeDirectory };
  assert.is(await outcome(fileAt(url, later, { digest }), later), digest);
});

/** `printf small | git hash-object --stdin`, `md5sum`, and the check value of CRC-32C for the same. */
const PUBLISHED = [
  ["git-blob", "64c3ecd7abb014643a372e0155b41cfca014c01f"],
  ["md5", "eb5c1399a871211c7e7ed732d15e3a8b"],
  ["crc32c", "7eddf949"],
] as const;

for (const [algorithm, value] of PUBLISHED)
  test(`where there is no SHA-256, the ${algorithm} that is published decides`, async () => {
    const small = Buffer.from("small");
    const { url } = await serve(() => ({ content: small }));
    const context = makeContext();
    const file = { ...fileAt(url, context), size: small.length };
    const right = await transfer({ ...file, published: [{ algorithm, value }] }, context);
    assert.is(right.digest, digestOf(small));
    const later = makeContext();
    const wrong = transfer({ ...file, published: [{ algorithm, value: `0${value.slice(1)}` }] }, later);
    assert.is(await wrong.then(() => "ok", codeOf), "source/digest-mismatch");
    assert.not(existsSync(`${later.storeDirectory}/blobs`));
  });

test.run();

import type { ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NetworkError } from "../../src/model/host.ts";
import { RegistryError, type UploadSessions } from "../../src/model/registry.ts";
import { chunkBytesFor, createManners, USUAL_SIZES } from "../../src/registries/upload-manner.ts";
import {
  breakAfter,
  makeBytes,
  makeContent,
  openRegistry,
  refuse,
  type Script,
} from "./scripted-registry.ts";

/** What registries do that the one in `e2e/registry-uploads.test.ts` does not. */
const test = suite("uploads");

const { signal } = new AbortController();
const bytes = makeBytes(250);
const content = () => makeContent(bytes);

async function errorOf(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test("a small blob goes in one request", async () => {
  const { repository, whats, blobs } = await openRegistry();
  const small = makeContent(makeBytes(100));
  const sent: number[] = [];
  await repository.writeBlob(small, signal, (count) => sent.push(count));
  assert.equal(whats(), ["POST uploads", "PUT upload"]);
  assert.is(blobs.get(small.digest)?.length, 100);
  assert.equal(sent, [30, 60, 90, 100, 100]);
});

test("a large one goes in chunks, each read from its own place", async () => {
  const { repository, asked, blobs } = await openRegistry();
  const large = content();
  const sent: number[] = [];
  await repository.writeBlob(large, signal, (count) => sent.push(count));
  assert.equal(
    asked.map(({ what, range }) => `${what} ${range}`),
    ["POST uploads ", "PATCH upload 0-99", "PATCH upload 100-199", "PATCH upload 200-249", "PUT upload "],
  );
  assert.equal(blobs.get(large.digest), bytes);
  assert.equal(large.starts, [0, 100, 200]);
  assert.equal(
    sent,
    [...sent].sort((a, b) => a - b),
  );
  assert.is(sent.at(-1), 250);
});

test("an empty blob is one, too", async () => {
  const { repository, blobs } = await openRegistry();
  const empty = makeContent(Buffer.alloc(0));
  await repository.writeBlob(empty, signal);
  assert.ok(blobs.has(empty.digest));
});

test("chunks are no smaller than a registry wants them", async () => {
  const { repository, asked } = await openRegistry(({ method }, response) => {
    if (method === "POST") response.setHeader("oci-chunk-min-length", "150");
    return false;
  });
  await repository.writeBlob(content(), signal);
  assert.equal(
    asked.filter(({ what }) => what === "PATCH upload").map(({ range }) => range),
    ["0-149", "150-249"],
  );
});

for (const status of [416, 404, 405, 201]) {
  test(`a registry that answers ${status} to the first chunk gets blobs whole from then on`, async () => {
    const { repository, whats, blobs, uploads } = await openRegistry(({ method }, response) => {
      if (method !== "PATCH") return false;
      response.writeHead(status).end();
      return true;
    });
    const other = makeContent(makeBytes(300));
    await repository.writeBlob(content(), signal);
    await repository.writeBlob(other, signal);
    assert.equal(whats(), [
      ...["POST uploads", "PATCH upload", "DELETE upload", "POST uploads", "PUT upload"],
      ...["POST uploads", "PUT upload"],
    ]);
    assert.is(blobs.size, 2);
    assert.is(uploads.size, 0);
  });
}

test("a registry that takes no large body gets smaller chunks from then on", async () => {
  const { repository, asked, blobs } = await openRegistry((request, response) => {
    if (!(Number(request.headers["content-length"]) > 60)) return false;
    refuse(response, 413);
    return true;
  });
  const [first, second] = [makeContent(makeBytes(70)), content()];
  await repository.writeBlob(first, signal);
  await repository.writeBlob(second, signal);
  assert.equal([blobs.get(first.digest)?.length, blobs.get(second.digest)?.length], [70, 250]);
  assert.equal(asked.map(({ what, range }) => `${what} ${range}`).slice(0, 8), [
    ...["POST uploads ", "PUT upload ", "DELETE upload ", "POST uploads "],
    ...["PATCH upload 0-24", "PATCH upload 25-49", "PATCH upload 50-69", "PUT upload "],
  ]);
  assert.is(asked.filter(({ what }) => what === "DELETE upload").length, 1);
});

test("a registry that takes neither large bodies nor chunks is not asked for ever", async () => {
  const { repository, whats } = await openRegistry((request, response) => {
    if (request.method === "PUT") refuse(response, 413);
    else if (request.method === "PATCH") refuse(response, 405);
    else return false;
    return true;
  });
  const error = await errorOf(repository.writeBlob(content(), signal));
  assert.ok(error instanceof RegistryError && error.status === 413, String(error));
  assert.is(whats().filter((what) => what === "POST uploads").length, 2);
});

test("after a break in a chunk it goes on with what the registry does not have", async () => {
  const { repository, asked, blobs, clock } = await openRegistry(async (request, _response, count) => {
    if (request.method !== "PATCH" || count > 3) return false;
    setTimeout(() => request.socket.destroy(), 20);
    // The registry itself takes what comes until then.
    return false;
  });
  const slow = content();
  const chunks = async function* (start = 0) {
    for await (const chunk of slow.chunks(start)) {
      yield chunk;
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  };
  await repository.writeBlob({ ...slow, chunks }, signal);
  assert.equal(blobs.get(slow.digest), bytes);
  const whats = asked.map(({ what }) => what);
  assert.is(whats.filter((what) => what === "POST uploads").length, 1);
  assert.is(whats.filter((what) => what === "GET upload").length, 3);
  // Each of them got further, so none was the second in a row.
  assert.equal(clock.sleeps, [250, 250, 250]);
});

test("what a registry took of a chunk is not sent again", async () => {
  const { repository, asked, blobs, uploads } = await openRegistry((request, response, count) => {
    if (request.method !== "PATCH" || count > 1) return false;
    request.resume().on("end", () => {
      uploads.set("1", bytes.subarray(0, 40));
      response.writeHead(202, { range: "0-39" }).end();
    });
    return true;
  });
  await repository.writeBlob(content(), signal);
  assert.ok(blobs.has(content().digest));
  assert.equal(
    asked.filter(({ what }) => what === "PATCH upload").map(({ range }) => range),
    ["0-99", "40-139", "140-239", "240-249"],
  );
});

const everyChunk =
  (status: number, headers: Record<string, string> = {}): Script =>
  ({ method }, response) => {
    if (method === "PATCH") response.writeHead(status, headers).end();
    return method === "PATCH";
  };

type Patience = readonly [what: string, headers: Record<string, string>, sleeps: readonly number[]];

for (const [what, headers, sleeps] of [
  ["that says no more", {}, [250, 500, 1000, 2000]],
  ["with seconds to wait", { "retry-after": "3" }, [3000, 3000, 3000, 3000]],
  ["with hours to wait", { "retry-after": "7200" }, [30_000, 30_000, 30_000, 30_000]],
  ["with a date of long ago", { "retry-after": "Wed, 21 Oct 1942 07:28:00 GMT" }, [250, 500, 1000, 2000]],
  ["with a date", { "retry-after": "Thu, 01 Jan 1970 00:00:10 GMT" }, [10_000, 500, 1000, 2000]],
  ["with nonsense", { "retry-after": "soon" }, [250, 500, 1000, 2000]],
] satisfies readonly Patience[]) {
  test(`a chunk is sent five times to a registry ${what}`, async () => {
    const { repository, whats, clock } = await openRegistry(everyChunk(503, headers));
    const error = await errorOf(repository.writeBlob(content(), signal));
    assert.ok(error instanceof RegistryError && error.status === 503, String(error));
    assert.is(whats().filter((one) => one === "PATCH upload").length, 5);
    assert.equal(clock.sleeps, sleeps);
  });
}

test("one attempt is one, where no more are wanted", async () => {
  const { repository, whats, clock } = await openRegistry(everyChunk(503), { attempts: 1 });
  assert.instance(await errorOf(repository.writeBlob(content(), signal)), RegistryError);
  assert.equal([whats(), clock.sleeps], [["POST uploads", "PATCH upload"], []]);
});

test("a blob whose session is gone begins anew, and not for ever", async () => {
  const { repository, whats } = await openRegistry((request, response) => {
    if (request.method !== "PATCH") return false;
    refuse(response, 404, "BLOB_UPLOAD_UNKNOWN");
    return true;
  });
  const error = await errorOf(repository.writeBlob(content(), signal));
  assert.ok(error instanceof RegistryError && error.status === 404, String(error));
  assert.is(whats().filter((what) => what === "POST uploads").length, 5);
  assert.is(whats().filter((what) => what === "PUT upload").length, 0);
});

test("a session that gets a little further each time, and is then gone, ends as well", async () => {
  const { repository, whats } = await openRegistry((request, response) => {
    const isSecond = request.headers["content-range"]?.startsWith("100-") === true;
    if (isSecond) refuse(response, 404, "BLOB_UPLOAD_UNKNOWN");
    return isSecond;
  });
  assert.instance(await errorOf(repository.writeBlob(content(), signal)), RegistryError);
  assert.is(whats().filter((what) => what === "POST uploads").length, 5);
});

test("a blob that has arrived although nobody said so is not sent again", async () => {
  const { repository, whats, blobs, uploads } = await openRegistry((request) => {
    if (request.method !== "PUT") return false;
    request.resume().on("end", () => {
      blobs.set(content().digest, bytes);
      uploads.clear();
      request.socket.destroy();
    });
    return true;
  });
  await repository.writeBlob(content(), signal);
  assert.equal(whats().slice(-3), ["PUT upload", "GET upload", "HEAD blobs"]);
  assert.is(whats().filter((what) => what === "POST uploads").length, 1);
});

test("a blob sent whole that broke off is looked for, and sent again", async () => {
  const { repository, whats, blobs } = await openRegistry(async (request, _response, count) => {
    if (request.method !== "PUT" || count > 2) return false;
    await breakAfter(request, 1);
    return true;
  });
  const small = makeContent(makeBytes(90));
  await repository.writeBlob(small, signal);
  assert.ok(blobs.has(small.digest));
  const broken = ["POST uploads", "PUT upload", "HEAD blobs"];
  assert.equal(whats(), [...broken, ...broken, "POST uploads", "PUT upload"]);
});

test("what a registry refuses for good is not tried again", async () => {
  for (const status of [400, 403]) {
    const { repository, whats, clock } = await openRegistry((request, response) => {
      if (request.method === "PUT") refuse(response, status);
      return request.method === "PUT";
    });
    const error = await errorOf(repository.writeBlob(makeContent(makeBytes(9)), signal));
    assert.ok(error instanceof RegistryError && error.status === status, String(error));
    assert.equal([whats(), clock.sleeps], [["POST uploads", "PUT upload"], []]);
  }
});

test("a content that cannot be read is not the registry's fault", async () => {
  const { repository, clock } = await openRegistry();
  const damaged = new Error("the file has changed");
  const chunks = async function* () {
    yield Buffer.alloc(10);
    throw damaged;
  };
  assert.is(await errorOf(repository.writeBlob({ ...content(), chunks }, signal)), damaged);
  assert.equal(clock.sleeps, []);
});

test("a content that is shorter than it was said to be is told of, and not waited for", async () => {
  const { repository } = await openRegistry();
  const short = { ...makeContent(makeBytes(50)), size: 60 };
  assert.match(String(await errorOf(repository.writeBlob(short, signal))), /ends after 50 bytes/);
});

test("an interrupt ends an upload at once", async () => {
  const controller = new AbortController();
  const { repository, clock } = await openRegistry((request) => {
    if (request.method === "PATCH") controller.abort();
    return request.method === "PATCH";
  });
  const error = await errorOf(repository.writeBlob(content(), controller.signal));
  assert.ok(error instanceof NetworkError && error.code === "ABORT_ERR", String(error));
  assert.equal(clock.sleeps, []);
});

/** What one process has noted and the next one finds. */
function createSessions(noted?: string): UploadSessions & { readonly notes: () => readonly string[] } {
  const notes = new Map(noted === undefined ? [] : [[content().digest, noted]]);
  return {
    find: async (digest) => notes.get(digest),
    note: async (digest, place) => void notes.set(digest, place),
    forget: async (digest) => void notes.delete(digest),
    notes: () => [...notes.values()],
  };
}

/** Ends as a killed process does, in the second chunk, of which 30 bytes have come; then another process comes. */
async function openInterrupted(script: Script = () => false) {
  const sessions = createSessions();
  const killed = new AbortController();
  const opened = await openRegistry(
    (request, response, count) => killed.signal.aborted && script(request, response, count),
    { sessions },
  );
  const whole = content();
  const chunks = async function* (start = 0) {
    for await (const chunk of whole.chunks(start)) {
      yield chunk;
      if (start === 0) continue;
      while (opened.uploads.get("1")?.length === start)
        await new Promise((resolve) => setTimeout(resolve, 1));
      killed.abort();
    }
  };
  assert.ok(await errorOf(opened.repository.writeBlob({ ...whole, chunks }, killed.signal)));
  const before = opened.asked.length;
  const since = () => opened.asked.slice(before).map(({ what, range }) => `${what} ${range}`.trim());
  return { ...opened, sessions, since };
}

test("what an earlier process began is gone on with, and forgotten when it is there", async () => {
  const { repository, blobs, uploads, sessions, since } = await openInterrupted();
  assert.is(sessions.notes().length, 1);
  assert.is(uploads.get("1")?.length, 130);
  const sent: number[] = [];
  await repository.writeBlob(content(), signal, (count) => sent.push(count));
  assert.equal(since(), ["GET upload", "PATCH upload 130-229", "PATCH upload 230-249", "PUT upload"]);
  assert.equal(blobs.get(content().digest), bytes);
  assert.is(sent[0], 130);
  assert.equal(sessions.notes(), []);
});

const ANEW = [
  ...["POST uploads", "PATCH upload 0-99", "PATCH upload 100-199", "PATCH upload 200-249"],
  "PUT upload",
];

for (const [what, answer] of [
  ["has forgotten it", (response) => refuse(response, 404, "BLOB_UPLOAD_UNKNOWN")],
  ["does not tell of uploads", (response) => refuse(response, 405)],
  ["has more than the blob", (response) => response.writeHead(204, { range: "0-250" }).end()],
  ["says nothing of bytes", (response) => response.writeHead(204).end()],
  ["sends it elsewhere", (response) => response.writeHead(307, { location: "https://other.example/" }).end()],
] satisfies readonly (readonly [string, (response: ServerResponse) => unknown])[]) {
  test(`an upload of an earlier process is begun anew where the registry ${what}`, async () => {
    const { repository, blobs, sessions, since } = await openInterrupted(({ method }, response) => {
      if (method === "GET") answer(response);
      return method === "GET";
    });
    await repository.writeBlob(content(), signal);
    assert.equal(since(), ["GET upload", ...ANEW]);
    assert.equal([blobs.get(content().digest), sessions.notes()], [bytes, []]);
  });
}

test("and where it has other bytes, or refuses them", async () => {
  for (const code of ["DIGEST_INVALID", "DENIED"]) {
    const { repository, blobs, uploads, sessions, since } = await openInterrupted(
      ({ method }, response, count) => {
        const isRefused = code === "DENIED" && method === "PATCH" && count === 3;
        if (isRefused) refuse(response, 403, code);
        return isRefused;
      },
    );
    uploads.set("1", Buffer.alloc(240));
    await repository.writeBlob(content(), signal);
    const tried = code === "DENIED" ? [] : ["PUT upload"];
    const asked = ["GET upload", "PATCH upload 240-249", ...tried, "HEAD blobs", ...ANEW];
    assert.equal([since(), blobs.get(content().digest), sessions.notes()], [asked, bytes, []]);
  }
});

test("bytes that are refused anew are refused once", async () => {
  const sessions = createSessions();
  const { repository, whats } = await openRegistry(undefined, { sessions });
  const other = { ...content(), digest: makeContent(makeBytes(3)).digest };
  await sessions.note(other.digest, "http://other.example/");
  const error = await errorOf(repository.writeBlob(other, signal));
  assert.ok(error instanceof RegistryError && error.status === 400, String(error));
  assert.is(whats().filter((what) => what === "PUT upload").length, 1);
});

test("a note sends nothing to anybody but the registry", async () => {
  const stranger = await openRegistry();
  for (const place of [
    `http://127.0.0.1:${stranger.port}/v2/team/image/blobs/uploads/1`,
    "https://other.example/v2/team/image/blobs/uploads/1",
    "file:///etc/passwd",
  ]) {
    const { repository, blobs, whats } = await openRegistry(undefined, { sessions: createSessions(place) });
    await repository.writeBlob(content(), signal);
    assert.equal([blobs.size, whats()[0]], [1, "POST uploads"]);
  }
  assert.equal(stranger.asked, []);
});

test("a note of another thing of the registry does that no harm", async () => {
  const sessions = createSessions();
  const { repository, blobs, port, whats } = await openRegistry(undefined, { sessions });
  const small = makeContent(makeBytes(9));
  await repository.writeBlob(small, signal);
  await sessions.note(content().digest, `http://127.0.0.1:${port}/v2/team/image/blobs/${small.digest}`);
  await repository.writeBlob(content(), signal);
  assert.equal(whats().slice(2, 4), ["GET blobs", "POST uploads"]);
  assert.equal([...blobs.keys()].toSorted(), [small.digest, content().digest].toSorted());
});

test("of a blob that goes in one request nothing is noted", async () => {
  const sessions = createSessions();
  const { repository } = await openRegistry(
    ({ method }, response) => {
      if (method === "PUT") refuse(response, 400);
      return method === "PUT";
    },
    { sessions },
  );
  assert.instance(await errorOf(repository.writeBlob(makeContent(makeBytes(90)), signal)), RegistryError);
  assert.equal(sessions.notes(), []);
});

const MEBIBYTE = 1024 * 1024;

for (const [registry, size, chunkBytes] of [
  ["registry.example.com", 256 * MEBIBYTE, undefined],
  ["registry.example.com", 256 * MEBIBYTE + 1, 256 * MEBIBYTE],
  ["docker.io", 2 ** 40, 256 * MEBIBYTE],
  ["ghcr.io", 2 ** 40, undefined],
  ["gcr.io", 2 ** 40, undefined],
  ["EU.gcr.io", 2 ** 40, undefined],
  ["notgcr.io", 2 ** 40, 256 * MEBIBYTE],
  ["europe-docker.pkg.dev", 2 ** 40, undefined],
  ["123456789012.dkr.ecr.eu-west-1.amazonaws.com", 2 ** 40, undefined],
  ["123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", 2 ** 40, undefined],
  ["s3.eu-west-1.amazonaws.com", 2 ** 40, 256 * MEBIBYTE],
] as const) {
  test(`${size} bytes go to ${registry} ${chunkBytes === undefined ? "whole" : "in chunks"}`, () => {
    const manner = createManners(registry, USUAL_SIZES).current();
    assert.is(chunkBytesFor(size, manner, USUAL_SIZES), chunkBytes);
  });
}

test("small chunks have 64 MiB", () => {
  assert.is(chunkBytesFor(65 * MEBIBYTE, "small-chunks", USUAL_SIZES), 64 * MEBIBYTE);
  assert.is(chunkBytesFor(64 * MEBIBYTE, "small-chunks", USUAL_SIZES), undefined);
});

test("of two blobs that meet a registry's way at once both learn it", () => {
  const manners = createManners("registry.example.com", USUAL_SIZES);
  assert.ok(manners.change("usual", "monolithic"));
  assert.ok(manners.change("usual", "monolithic"));
  assert.not(manners.change("usual", "small-chunks"));
  assert.not(manners.change("monolithic", "small-chunks"));
  assert.is(manners.current(), "monolithic");
});

test("where every blob shall go whole, no answer changes that", async () => {
  const { repository, whats } = await openRegistry(
    (request, response) => {
      if (request.method === "PUT") refuse(response, 413);
      return request.method === "PUT";
    },
    { monolithicUpTo: Number.POSITIVE_INFINITY },
  );
  assert.instance(await errorOf(repository.writeBlob(content(), signal)), RegistryError);
  assert.is(whats().filter((what) => what === "PATCH upload").length, 0);
});

test.run();

import type { IncomingMessage, ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import { RegistryError, type WrittenReferrer } from "../../src/model/registry.ts";
import { createRepository } from "../../src/registries/repository.ts";
import { makeHost } from "../fakes/host.ts";
import { startServer } from "../fakes/http-server.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

/** What Debian's registry does not: the list that specification 1.1 asks for, and two writers at the same moment. */
const test = suite("referrers");

const { signal } = new AbortController();
const subject = digestOf("image");
const TAG = subject.replace(":", "-");
const INDEX = "application/vnd.oci.image.index.v1+json";

type Registry = {
  /** Whether it keeps lists, answers such questions with a page, or with 404. */
  readonly lists?: "yes" | "page" | "no" | { readonly manifests: string };
  /** Done by somebody else right before a manifest is taken. */
  readonly meanwhile?: (tag: string, manifests: Map<string, string>) => void;
};

async function start({ lists = "no", meanwhile = () => {} }: Registry = {}) {
  const manifests = new Map<string, string>();
  const { port, requests } = await startServer(async (request, response) => {
    const [, kind = "", rest = ""] = /^\/v2\/team\/image\/([^/]+)\/(.*)$/.exec(request.url ?? "") ?? [];
    if (kind === "referrers") answerList(rest, response);
    else await answerManifest(rest, request, response);
  });

  function answerList(asked: string, response: ServerResponse): void {
    if (lists === "no") response.writeHead(404).end("404 page not found");
    else if (lists === "page") response.writeHead(200, { "content-type": "text/html" }).end("<html>");
    else if (lists !== "yes") {
      response.writeHead(200, { "content-type": INDEX }).end(`{"manifests":${lists.manifests}}`);
    } else {
      const all = [...manifests].flatMap(([name, text]) => (name === digestOf(text) ? [entryOf(text)] : []));
      // Two on a page.
      const start = Number(/\?from=(\d+)$/.exec(asked)?.[1] ?? 0);
      const next = `</v2/team/image/referrers/${subject}?from=${start + 2}>; rel="next"`;
      const link = all.length > start + 2 ? { link: next } : {};
      response.writeHead(200, { "content-type": INDEX, ...link });
      response.end(JSON.stringify({ schemaVersion: 2, manifests: all.slice(start, start + 2) }));
    }
  }

  async function answerManifest(
    name: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (request.method === "PUT") {
      let text = "";
      for await (const chunk of request) text += chunk;
      meanwhile(name, manifests);
      manifests.set(name, text);
      response.writeHead(201, lists === "yes" ? { "oci-subject": subject } : {}).end();
      return;
    }
    const text = manifests.get(name);
    if (text === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": INDEX }).end(text);
  }

  const repository = createRepository({
    registry: `127.0.0.1:${port}`,
    repository: "team/image",
    network: makeHost().network,
    clock: createManualClock(),
    random: () => 0,
    findCredentials: async () => undefined,
  });
  return { repository, manifests, requests };
}

function entryOf(text: string) {
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  return { mediaType, digest: digestOf(text), size: text.length, artifactType: "a/b" };
}

function referrer(word: string): WrittenReferrer {
  const text = JSON.stringify({ word, subject: { digest: subject } });
  return { ...entryOf(text), text };
}

const [one, two, three] = [referrer("one"), referrer("two"), referrer("three")];

test("a registry that lists them is believed, to the last page, and given no list of ours", async () => {
  const { repository, manifests } = await start({ lists: "yes" });
  await repository.writeReferrers(subject, [one, two, three], signal);
  assert.equal(
    [...manifests.keys()],
    [one, two, three].map(({ digest }) => digest),
  );
  const listed = await repository.listReferrers(subject, signal);
  assert.equal(
    listed,
    [one, two, three].map(({ text }) => entryOf(text)),
  );
});

test("of a list that is as long as an answer may be, what is no referrer is left out", async () => {
  const odd = { ...entryOf(two.text), mediaType: { toString: 1 }, artifactType: 1 };
  const entries = [entryOf(one.text), null, "text", {}, odd].map((entry) => JSON.stringify(entry));
  const { repository } = await start({ lists: { manifests: `[${"0,".repeat(2 << 19)}${entries}]` } });
  const listed = await repository.listReferrers(subject, signal);
  assert.equal(listed, [entryOf(one.text), { ...entryOf(two.text), mediaType: "", artifactType: "" }]);
});

for (const lists of ["no", "page"] as const) {
  test(`where it answers with ${lists === "no" ? "404" : "a page for people"}, a tag has the list`, async () => {
    const { repository, manifests } = await start({ lists });
    assert.equal(await repository.listReferrers(subject, signal), []);
    await repository.writeReferrers(subject, [one], signal);
    await repository.writeReferrers(subject, [one, two], signal);
    assert.equal(JSON.parse(manifests.get(TAG) ?? ""), {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [entryOf(one.text), entryOf(two.text)],
    });
    assert.is((await repository.listReferrers(subject, signal)).length, 2);
  });
}

test("what others wrote into the list stays as it is", async () => {
  const { repository, manifests } = await start();
  const theirs = { ...entryOf("theirs"), annotations: { "org.example": "x" } };
  manifests.set(theirs.digest, "theirs");
  manifests.set(TAG, JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [theirs], note: 1 }));
  await repository.writeReferrers(subject, [one], signal);
  const { manifests: entries, note } = JSON.parse(manifests.get(TAG) ?? "");
  assert.equal([entries, note], [[theirs, entryOf(one.text)], 1]);
  assert.is((await repository.listReferrers(subject, signal)).length, 2);
});

test("what is gone is left out: no registry takes a list that names it", async () => {
  const { repository, manifests } = await start();
  await repository.writeReferrers(subject, [one, two], signal);
  manifests.delete(one.digest);
  await repository.writeReferrers(subject, [three], signal);
  const listed = await repository.listReferrers(subject, signal);
  assert.equal(
    listed.map(({ digest }) => digest),
    [two.digest, three.digest],
  );
});

test("a list that cannot be read is begun anew", async () => {
  const { repository, manifests } = await start();
  for (const text of ["{}", "no JSON", '{"manifests":1}']) {
    manifests.set(TAG, text);
    await repository.writeReferrers(subject, [one], signal);
    assert.is((await repository.listReferrers(subject, signal)).length, 1);
  }
  manifests.set(TAG, JSON.stringify({ manifests: [null, 1, { digest: "x" }, entryOf("a")] }));
  assert.is((await repository.listReferrers(subject, signal)).length, 1);
});

test("what another writer undoes at the same time is written again", async () => {
  let disturbed = 0;
  const { repository, manifests } = await start({
    meanwhile: (name) => {
      if (name !== TAG || disturbed > 0) return;
      disturbed += 1;
      // Theirs comes right after ours, from the list as it was before.
      manifests.set(digestOf("theirs"), "theirs");
      const theirs = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [entryOf("theirs")] });
      queueMicrotask(() => manifests.set(TAG, theirs));
    },
  });
  await repository.writeReferrers(subject, [one], signal);
  const listed = await repository.listReferrers(subject, signal);
  assert.equal(
    listed.map(({ digest }) => digest),
    [digestOf("theirs"), one.digest],
  );
  assert.is(disturbed, 1);
});

test("who is undone again and again gives up, and says why", async () => {
  const { repository } = await start({
    meanwhile: (name, manifests) => {
      if (name === TAG) queueMicrotask(() => manifests.delete(TAG));
    },
  });
  try {
    await repository.writeReferrers(subject, [one], signal);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RegistryError);
    assert.match((error as Error).message, "keep writing the list");
  }
});

test.run();

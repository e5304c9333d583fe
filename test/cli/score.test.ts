// `score` against real servers, without an engine.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ScoreOptions, score } from "../../src/cli/commands/score.ts";
import { makeCall } from "../fakes/call.ts";
import { type Handler, startServer } from "../fakes/http-server.ts";

const test = suite("score");

const OPTIONS: ScoreOptions = {
  data: "{}",
  contentType: "application/json",
  url: undefined,
  repeat: 1,
  concurrency: 1,
};

async function run(handler: Handler, options: Partial<ScoreOptions>, signal?: AbortSignal) {
  const { url, requests } = await startServer(handler);
  const { session, said } = makeCall({ "body.bin": "from a file" });
  const called = { ...session, ...(signal !== undefined && { signal }) };
  const exitCode = await score(called, { ...OPTIONS, url, ...options });
  return { exitCode, said, requests };
}

test("of an address alone the scoring route is meant, and the answer is printed as it came", async () => {
  const { exitCode, said, requests } = await run((_request, response) => response.end("[1]"), {});
  assert.equal([exitCode, said.data, requests], [0, "[1]\n", ["POST /score"]]);
});

test("with nothing to send, nothing is sent", async () => {
  const { exitCode, said, requests } = await run((_request, response) => response.end(), { data: undefined });
  assert.equal([exitCode, requests], [64, []]);
  assert.match(said.words, /error\[cli\/no-data\][\s\S]*hint: add it: `--data /);
});

test("a slash at its end makes no difference", async () => {
  const { url, requests } = await startServer((_request, response) => response.end());
  const { session } = makeCall({});
  assert.is(await score(session, { ...OPTIONS, url: `${url}/` }), 0);
  assert.equal(requests, ["POST /score"]);
});

test("the body and what it is", async () => {
  const seen: string[] = [];
  const handler: Handler = (request, response) => {
    request.on("data", (chunk) => seen.push(`${request.headers["content-type"]} ${chunk}`));
    request.on("end", () => response.end());
  };
  await run(handler, { data: "@body.bin", contentType: "text/csv" });
  assert.equal(seen, ["text/csv from a file"]);
});

test("an answer that is an error is a failure, and its text is printed all the same", async () => {
  const { exitCode, said } = await run((_request, response) => response.writeHead(503).end("busy"), {});
  assert.equal([exitCode, said.data], [1, "busy\n"]);
  assert.is(said.words, "the service answered 503\n");
});

test("a load has so many requests, so many at once, and fails where one of them does", async () => {
  let [count, underWay, most] = [0, 0, 0];
  const handler: Handler = (request, response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    count += 1;
    const status = count === 7 ? 500 : 200;
    request.resume();
    setTimeout(() => {
      underWay -= 1;
      response.writeHead(status).end("12345");
    }, 20);
  };
  const { exitCode, said } = await run(handler, { repeat: 20, concurrency: 3 });
  assert.equal([exitCode, count, most], [1, 20, 3]);
  assert.match(
    said.data,
    /^requests {2}20 in .*\n.*\nanswers {3}200: 19, 500: 1\nreceived {2}100 bytes\nmin /,
  );
  assert.is(said.words, "1 of 20 requests failed\n");
});

test("more at once than there are is as many as there are", async () => {
  const { exitCode, requests } = await run((_request, response) => response.end(), {
    repeat: 2,
    concurrency: 9,
  });
  assert.equal([exitCode, requests.length], [0, 2]);
});

test("a connection that breaks off is no answer", async () => {
  const { exitCode, said } = await run((request) => request.socket.destroy(), { repeat: 3 });
  assert.is(exitCode, 1);
  assert.match(said.data, /answers +no answer: 3 \(/);
});

test("a load that is interrupted tells what it has, and no more", async () => {
  const interruption = new AbortController();
  let count = 0;
  const handler: Handler = (_request, response) => {
    count += 1;
    if (count <= 5) response.end();
    else interruption.abort();
  };
  const { exitCode, said } = await run(handler, { repeat: 100 }, interruption.signal);
  assert.is(exitCode, 130);
  assert.match(said.data, /^requests {2}5 in /);
  assert.is(said.words, "");
});

for (const [name, options, code] of [
  ["no such file", { data: "@nothing" }, "cli/no-data"],
  ["several at once of one", { concurrency: 2 }, "cli/nothing-at-once"],
  ["no service there", { url: "http://127.0.0.1:1/score" }, "cli/no-answer"],
  ["no address", { url: "nowhere" }, "cli/no-answer"],
  ["a type that no header can hold", { contentType: "a\nb" }, "cli/no-answer"],
] as const) {
  test(`${name} is refused`, async () => {
    const { exitCode, said } = await run((_request, response) => response.end(), options);
    assert.is(exitCode, 64);
    assert.match(said.words, `error[${code}]`);
  });
}

test.run();

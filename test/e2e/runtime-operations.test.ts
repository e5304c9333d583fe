// What whoever runs the service sees and sets: metrics, logs, limits, probes under load.
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import * as assert from "uvu/assert";
import {
  type Case,
  check,
  docker,
  json,
  logsOf,
  message,
  type Request,
  type Response,
  type Service,
  score,
  send,
  setUp,
  statusOf,
  suiteWith,
} from "./runtime-image.ts";

await setUp();

const SCRIPT = "operations/score.py";

/** What is counted after a request is counted once it is answered: a moment later. */
async function until<T>(ask: () => Promise<T>, isRight: (found: T) => boolean): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await ask();
    if (isRight(found) || Date.now() > deadline) return found;
    await sleep(50);
  }
}

type Samples = Readonly<Record<string, number>>;
async function metrics(service: Service): Promise<Samples> {
  const response = await send(service, { method: "GET", path: "/metrics" });
  check(response, { status: 200, headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } });
  const lines = response.body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => [line.replace(/ [^ ]+$/, ""), Number(line.split(" ").at(-1))]),
  );
}

const requests = (route: string, status: number): string =>
  `mlpackage_requests_total{route="${route}",status="${status}"}`;
const bucket = (most: string): string => `mlpackage_scoring_duration_seconds_bucket{le="${most}"}`;

const counted = suiteWith("metrics", { script: SCRIPT, environment: { WORKER_COUNT: "2" } });
counted.test("requests and their times, summed over the workers", async ({ service }) => {
  for (let sent = 0; sent < 10; sent += 1)
    await Promise.all([send(service, score("a")), send(service, score("a little"))]);
  await send(service, score("fail"));
  await send(service, { path: "/nothing" });
  const scored = requests("/score", 200);
  const found = await until(
    () => metrics(service),
    (samples) => samples[scored] === 20 && samples[requests("other", 404)] === 1,
  );
  assert.is(found[scored], 20);
  assert.is(found[requests("/score", 500)], 1);
  assert.is(found[requests("other", 404)], 1);
  assert.ok((found[requests("/readyz", 200)] ?? 0) >= 1);
  assert.is(found.mlpackage_scoring_duration_seconds_count, 21);
  assert.is(found[bucket("+Inf")], 21);
  const fast = found[bucket("0.025")] ?? 0;
  assert.ok(fast <= 11, `${fast} of them below 25 ms, where ten took longer`);
  assert.ok((found.mlpackage_scoring_duration_seconds_sum ?? 0) >= 0.3);
  assert.is(found.mlpackage_worker_restarts_total, 0);
});
counted.test("requests in flight", async ({ service }) => {
  const inFlight = (count: number) =>
    until(
      async () => (await metrics(service)).mlpackage_requests_in_flight,
      (found) => found === count,
    );
  assert.is(await inFlight(1), 1);
  const busy = send(service, score("a second"));
  assert.is(await inFlight(2), 2);
  await busy;
});
counted.test("workers that were replaced; what they counted stays", async ({ service }) => {
  const before = (await metrics(service))[requests("/score", 200)] ?? 0;
  await send(service, score("exit"));
  const error: unknown = await send(service, score("crash")).catch((raised: unknown) => raised);
  assert.instance(error, Error);
  const found = await until(
    () => metrics(service),
    (samples) => samples.mlpackage_worker_restarts_total === 2 && samples.mlpackage_requests_in_flight === 1,
  );
  assert.is(found.mlpackage_worker_restarts_total, 2);
  assert.is(found.mlpackage_requests_in_flight, 1);
  assert.is(found[requests("/score", 200)], before);
  assert.is(found[requests("/score", 500)], 2);
});
counted.test.run();

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const traced = (body: string, traceparent = `00-${TRACE}-${PARENT}-01`): Request => ({
  headers: { traceparent, "x-request-id": "find-me" },
  body,
});
const fields = (...values: readonly string[]) =>
  json(`[${["find-me", ...values].map((value) => `"${value}"`).join(", ")}]`);
const untraced = fields("", "", "");
const contexts: readonly Case[] = [
  ["traceparent", traced("fields"), fields(`00-${TRACE}-${PARENT}-01`, TRACE, PARENT)],
  [
    "of a version to come",
    traced("fields", `01-${TRACE}-${PARENT}-01-more`),
    fields(`01-${TRACE}-${PARENT}-01-more`, TRACE, PARENT),
  ],
  ["with more than its version has", traced("fields", `00-${TRACE}-${PARENT}-01-more`), untraced],
  ["of no version", traced("fields", `ff-${TRACE}-${PARENT}-01`), untraced],
  ["all zero", traced("fields", `00-${"0".repeat(32)}-${PARENT}-01`), untraced],
  ["no such thing", traced("fields", "nonsense"), untraced],
];

type Line = Readonly<Record<string, unknown>>;
async function linesOf(service: Service): Promise<readonly Line[]> {
  const { stderr } = await logsOf(service);
  return stderr.split("\n").map((line) => JSON.parse(line));
}

const logged = suiteWith("JSON logs", {
  script: SCRIPT,
  environment: { MLPACKAGE_LOG_FORMAT: "json", WORKER_TIMEOUT: "2" },
});
logged.cases(contexts);
logged.test("what the script says of itself under such a name stays", async ({ service }) => {
  check(await send(service, traced("log an extra")), json('"logged"'));
  const { stderr } = await logsOf(service);
  assert.match(stderr, '"said of another"');
});
logged.test("each line is an object, with the request it belongs to", async ({ service }) => {
  await send(service, traced("log"));
  await send(service, { ...traced("log in a thread"), headers: { "x-request-id": "another" } });
  await send(service, traced("log an exception"));
  await send(service, traced("fail"));
  const lines = await until(
    () => linesOf(service),
    (found) => found.some(({ status }) => status === 500),
  );
  const find = (wanted: string): Line => lines.find((line) => line.message === wanted) ?? {};
  const request = {
    request_id: "find-me",
    traceparent: `00-${TRACE}-${PARENT}-01`,
    trace_id: TRACE,
    parent_id: PARENT,
  };
  const { time, ...said } = find("said by the script");
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/);
  assert.equal(said, { level: "WARNING", message: "said by the script", ...request, logger: "script" });
  assert.is(find("said in a thread").request_id, "another");
  assert.is(find("said in a thread").trace_id, undefined);
  assert.match(String(find("it went wrong").exception), /^Traceback.+ValueError: the reason$/s);
  const failure = find("run() raised, request find-me");
  assert.is(failure.level, "ERROR");
  assert.is(failure.trace_id, TRACE);
  assert.match(String(failure.exception), /operations\/score\.py.+ValueError: the reason, for the log only/s);
  const { time: _, duration_ms, ...answered } = find("POST /score 500");
  assert.ok(Number(duration_ms) > 0);
  assert.equal(answered, {
    level: "INFO",
    message: "POST /score 500",
    ...request,
    method: "POST",
    path: "/score",
    status: 500,
  });
});
logged.test("gunicorn's own lines too", async ({ service }) => {
  await send(service, score("three seconds")).catch(() => undefined);
  const lines = await until(
    () => linesOf(service),
    (found) => found.some(({ level }) => level === "CRITICAL"),
  );
  const told = lines.find(({ level }) => level === "CRITICAL");
  assert.match(String(told?.message), /^WORKER TIMEOUT/);
  assert.is(told?.logger, "gunicorn.error");
});
logged.test.run();

const limited = suiteWith("a body limit", { script: SCRIPT, environment: { MLPACKAGE_BODY_LIMIT: "1000" } });
const chunked = { "Transfer-Encoding": "chunked" };
const tooLarge = message(413, "The body must not exceed 1000 bytes.");
limited.cases([
  ["as much as that", score("x".repeat(1000)), { status: 200 }],
  ["more", score("x".repeat(1001)), tooLarge],
  ["much more", score("x".repeat(5_000_000)), { status: 413 }],
  ["as much, in chunks", { headers: chunked, body: "x".repeat(1000) }, { status: 200 }],
  ["more, in chunks", { headers: chunked, body: "x".repeat(1001) }, tooLarge],
  ["the worker serves on", score("on"), json('"on"')],
]);
limited.test.run();

const queue = suiteWith("a queue limit", { script: SCRIPT, environment: { MLPACKAGE_QUEUE_LIMIT: "2" } });
queue.test(
  "who would wait behind too many is told to come again, at once; the others are answered",
  async ({ service }) => {
    const began = Date.now();
    const busy = send(service, score("three seconds"));
    await sleep(300);
    const sent = Array.from({ length: 6 }, (_, number) => send(service, score(`waiting ${number}`)));
    const times = sent.map((answer) => answer.then(() => Date.now() - began));
    const answers: readonly Response[] = await Promise.all(sent);
    const turnedAway = answers.filter(({ status }) => status === 503);
    assert.is(turnedAway.length, 4, JSON.stringify(answers.map(({ status }) => status)));
    for (const answer of turnedAway) {
      check(answer, {
        status: 503,
        headers: { "retry-after": "1" },
        body: '{"message": "The service is busy."}',
      });
    }
    const waited = (await Promise.all(times)).filter((_, index) => answers[index]?.status === 503);
    assert.ok(
      waited.every((timeMs) => timeMs < 2500),
      `turned away after ${waited.join(", ")} ms`,
    );
    assert.is(answers.filter(({ status }) => status === 200).length, 2);
    check(await busy, json('"slept"'));
  },
);
queue.test("the health page is well meanwhile: nobody is to restart what is busy", async ({ service }) => {
  const busy = send(service, score("three seconds"));
  await sleep(300);
  const health = send(service, { method: "GET", path: "/" });
  await sleep(100);
  const waiting = [1, 2].map((number) => send(service, score(`waiting ${number}`)));
  check(await health, { status: 200, body: "Healthy" });
  check(await busy, json('"slept"'));
  await Promise.all(waiting);
});
queue.test("below it nobody is", async ({ service }) => {
  const answers = await Promise.all([send(service, score("a little")), send(service, score("a little"))]);
  assert.equal(
    answers.map(({ status }) => status),
    [200, 200],
  );
});
queue.test("SIGTERM: the request in flight is answered, the port is shut, exit 0", async ({ service }) => {
  const inFlight = send(service, score("a second"));
  await sleep(300);
  const stopped = docker("stop", "--time", "10", service.id);
  await sleep(300);
  assert.is(await statusOf(service, "/livez"), undefined);
  check(await inFlight, json('"slept"'));
  await stopped;
  assert.is(await docker("wait", service.id), "0");
});
queue.test.run();

/** One worker: whoever keeps it for itself keeps everybody else waiting. */
const slow = suiteWith("slow clients", { script: SCRIPT, environment: { MLPACKAGE_CLIENT_TIMEOUT: "2" } });

/** To whom these bytes are all that is sent. */
function sendSlowly({ port }: Service, bytes: string): net.Socket {
  const socket = net.connect(port, "127.0.0.1");
  socket.write(bytes);
  return socket;
}

/** What comes back until the service ends the connection. */
async function readAll(socket: net.Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) text += chunk;
  return text;
}

slow.test("who connects and says nothing keeps nobody waiting", async ({ service }) => {
  const silent = [1, 2, 3].map(() => net.connect(service.port, "127.0.0.1"));
  await sleep(500);
  const began = Date.now();
  check(await send(service, score("on")), json('"on"'));
  assert.ok(Date.now() - began < 1500);
  for (const socket of silent) socket.destroy();
});
slow.test("who stops in the middle of a head is given up", async ({ service }) => {
  const answer = readAll(sendSlowly(service, "POST /score HTTP/1.1\r\nHost:"));
  await sleep(300);
  check(await send(service, score("on")), json('"on"'));
  assert.is(await answer, "");
});
slow.test("who stops in the middle of a body is told so, and not scored", async ({ service }) => {
  const answer = readAll(
    sendSlowly(service, "POST /score HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf"),
  );
  assert.match(await answer, /^HTTP\/1\.1 408 .*The body did not arrive in time\./s);
  check(await send(service, score("on")), json('"on"'));
});
slow.test("who sends a byte now and then is told so too", async ({ service }) => {
  const head = "POST /score HTTP/1.1\r\nHost: h\r\nContent-Length: 60\r\n\r\n";
  const socket = sendSlowly(service, head);
  const began = Date.now();
  const drip = setInterval(() => socket.write("x"), 500);
  try {
    assert.match(await readAll(socket), /^HTTP\/1\.1 408 .*The body did not arrive in time\./s);
  } finally {
    clearInterval(drip);
  }
  assert.ok(Date.now() - began < 10_000, `${Date.now() - began} ms`);
  check(await send(service, score("on")), json('"on"'));
});
slow.test("who does not take the answer is given up", async ({ service }) => {
  const socket = sendSlowly(service, "POST /score HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nmuch");
  socket.pause();
  await sleep(300);
  check(await send(service, score("on")), json('"on"'));
  socket.destroy();
});
slow.test("the log has a line for each, and no traceback", async ({ service }) => {
  const { stderr } = await logsOf(service);
  assert.is(stderr.match(/a client was given up: it sent or took too little/g)?.length, 2, stderr);
  assert.not.match(stderr, /Traceback/);
});
slow.test.run();

const upload = suiteWith("a long upload", { script: SCRIPT, environment: { WORKER_TIMEOUT: "2" } });
upload.test("may take longer than a worker may be silent", async ({ service }) => {
  const [piece, count] = ["x".repeat(30_000), 8];
  const socket = sendSlowly(
    service,
    `POST /score HTTP/1.1\r\nHost: h\r\nContent-Length: ${piece.length * count}\r\n\r\n`,
  );
  const answer = readAll(socket);
  for (let sent = 0; sent < count; sent += 1) {
    await sleep(600);
    socket.write(piece);
  }
  const text = await answer;
  assert.match(text.slice(0, 20), /^HTTP\/1\.1 200 /);
  assert.ok(text.endsWith(`"${piece.repeat(count)}"`));
  assert.not.match((await logsOf(service)).stderr, /WORKER TIMEOUT/);
});
upload.test.run();

const reloading = suiteWith("code that does not load, again and again", {
  script: "reloading/score.py",
  environment: { MLPACKAGE_RELOAD: "true" },
});
reloading.test("leaves nothing open behind", async ({ service }) => {
  const inside = (code: string) => docker("exec", service.id, "python3", "-c", `import os; ${code}`);
  const countOpen = () => inside("print(len(os.listdir('/proc/1/fd')))");
  const before = await countOpen();
  for (let reload = 0; reload < 2; reload += 1) {
    const error: unknown = await send(service, score("break")).catch((raised: unknown) => raised);
    assert.instance(error, Error);
    const answered = () =>
      send(service, score("on")).then(
        ({ status }) => status,
        () => 0,
      );
    assert.is(await until(answered, (found) => found === 503), 503);
    await inside("os.remove('/dev/shm/mlpackage-does-not-load')");
    await docker("kill", "--signal", "HUP", service.id);
    assert.is(await until(answered, (found) => found === 200), 200);
  }
  assert.is(await until(countOpen, (found) => found === before), before);
});
reloading.test.run();

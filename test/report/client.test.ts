// Each client is run, in its own language, against a server that notes what it is sent.
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { transformSync } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Client } from "../../src/report/client/client.ts";
import { CLIENTS } from "../../src/report/client/index.ts";
import type { ClientLanguage } from "../../src/report/client/languages.ts";
import { readSwagger } from "../../src/report/client/shape.ts";
import { seededRandom } from "../fakes/random.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("clients");

/** What a client sends, as something that runs it in place of the network finds out. */
type Sent = { readonly url: string; readonly contentType: string; readonly body: Buffer };

const PYTHON = `
import ast, base64, json, sys
for source in json.load(sys.stdin):
    tree = ast.parse(source)
    names = {"__name__": "client"}
    exec(compile(tree, "client", "exec"), names)
    print(json.dumps({
        "url": names["URL"], "contentType": names["HEADERS"]["Content-Type"],
        "body": base64.b64encode(names["BODY"]).decode(),
        "statements": [type(node).__name__ for node in tree.body if not isinstance(node, ast.Import)],
    }))
`;

async function feed(command: string, args: readonly string[], input: string): Promise<string> {
  const running = promisify(execFile)(command, args, { maxBuffer: 1 << 26, encoding: "utf8" });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

async function runPython(sources: readonly string[]): Promise<readonly Sent[]> {
  const printed = await feed("python3", ["-c", PYTHON], JSON.stringify(sources));
  return printed
    .trim()
    .split("\n")
    .map((line) => {
      const { body, statements, ...sent } = JSON.parse(line);
      assert.equal(statements, ["Assign", "Assign", "Assign", "FunctionDef", "If"]);
      return { ...sent, body: Buffer.from(body, "base64") };
    });
}

async function runTypescript(sources: readonly string[]): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  for (const source of sources) {
    const { code } = transformSync(source, { loader: "ts", format: "cjs" });
    const fetch = async (
      url: string,
      { headers, body }: { headers: Record<string, string>; body: string },
    ) => {
      sent.push({ url, contentType: headers["content-type"] ?? "", body: Buffer.from(body) });
      return { ok: true, text: async () => "" };
    };
    new Function("fetch", "console", "module", code)(fetch, { log() {} }, { exports: {} });
  }
  return sent;
}

/** In place of curl stands one that writes down its arguments, and what comes on its standard input. */
async function runCurl(sources: readonly string[]): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  const folder = makeFolder({
    curl: `#!/bin/sh
for one; do printf '%s\\0' "$one"; done
case "$*" in *'--data-binary @-'*) cat ;; esac
`,
  });
  const environment = { PATH: `${folder}:${process.env.PATH}` };
  for (const source of sources) {
    const script = path.join(makeFolder({ client: source }), "client");
    const { stdout, stderr } = await promisify(execFile)("sh", [script], {
      env: environment,
      encoding: "buffer",
    });
    assert.is(stderr.toString(), "");
    const words = stdout.toString("latin1").split("\0");
    assert.equal(words.slice(0, 6), [
      "--silent",
      "--show-error",
      "--fail-with-body",
      "--globoff",
      "--write-out",
      "\\n",
    ]);
    assert.equal([words[6], words[10]], ["--header", "--url"]);
    const rest = words.slice(12).join("\0");
    const body = words[8] === "--data-raw" ? (words[9] ?? "") : rest;
    assert.is(words[8] === "--data-raw" ? rest : words[9], words[8] === "--data-raw" ? "" : "@-");
    sent.push({
      url: words[11] ?? "",
      contentType: (words[7] ?? "").replace("Content-Type: ", ""),
      body: Buffer.from(body, "latin1"),
    });
  }
  return sent;
}

const RUNNERS: Readonly<Record<ClientLanguage, (sources: readonly string[]) => Promise<readonly Sent[]>>> = {
  python: runPython,
  curl: runCurl,
  typescript: runTypescript,
};

const PIECES = [
  ..."'\"`\\$%&;|<>(){}[]#!*?~@-+=/\n\r\t\0 aä",
  ..."\u001b\u007f\u0085\u2028\u2029\ufeff😀é",
  "$(touch /tmp/mlpackage-broken)",
  "`id`",
  "${process.exit(9)}",
  "'''",
  '"""',
  "*/",
  "\\u0027",
  "\\'",
  "EOF\n",
  "%s%n",
  "@/etc/passwd",
  "\n__import__('os')._exit(9)\n",
];

function randomText(random: () => number): string {
  const length = Math.floor(random() * 12);
  return Array.from({ length }, () => PIECES[Math.floor(random() * PIECES.length)] ?? "").join("");
}

function randomClient(random: () => number): Client {
  const text = randomText(random);
  const body = random() < 0.2 ? Buffer.from(randomText(random), "latin1") : Buffer.from(text);
  return {
    name: randomText(random),
    url: new URL(
      `http://127.0.0.1:5001/${randomText(random).replace(/[/\\?#]/g, "")}?q=${randomText(random)}`,
    ).href,
    contentType: randomText(random),
    body: random() < 0.1 ? Buffer.concat([body, Buffer.from([0xff, 0, 0x80])]) : body,
    sample: randomText(random),
    ...(random() < 0.5 && {
      shape: readSwagger({
        definitions: {
          ServiceInput: {
            type: "object",
            properties: { [randomText(random)]: { type: randomText(random) } },
          },
        },
      }).shape,
    }),
  };
}

for (const language of ["python", "curl", "typescript"] as const) {
  test(`nothing in a request gets out of its place in ${language}`, async () => {
    const random = seededRandom(7);
    const clients = Array.from({ length: 150 }, () => randomClient(random));
    const sent = await RUNNERS[language](clients.map(CLIENTS[language]));
    assert.is(sent.length, clients.length);
    for (const [index, client] of clients.entries()) {
      const got = sent[index];
      assert.is(got?.url, client.url);
      assert.is(
        got?.body.toString("base64"),
        Buffer.from(client.body).toString("base64"),
        JSON.stringify(client),
      );
      assert.is(got?.contentType, client.contentType.replace(/[^\x20-\x7e]/g, "?"));
    }
  });
}

test("a body that no argument can hold goes through standard input", async () => {
  const body = Buffer.from(JSON.stringify({ data: "x".repeat(200_000) }));
  const client = { name: "a", url: "http://localhost/score", contentType: "a/b", sample: "a sample", body };
  const [sent] = await runCurl([CLIENTS.curl(client)]);
  assert.is(sent?.body.length, body.length);
});

const ROWS = { type: "array", items: { type: "array", items: { type: "number" } } };

test("the shape of what is asked and answered, as types", () => {
  const example = { data: [[1, 2]] };
  const ServiceInput = { type: "object", properties: { data: ROWS, "a'b": { type: "string" } }, example };
  const described = readSwagger({
    definitions: { ServiceInput, ServiceOutput: { type: "array", items: {} } },
  });
  assert.equal(described, {
    shape: { input: `{ "data": Array<Array<number>>; "a'b": string }`, output: "Array<unknown>" },
    example,
  });
});

for (const nothing of [
  undefined,
  null,
  7,
  [],
  {},
  { definitions: 1 },
  { definitions: { ServiceInput: {} } },
]) {
  test(`no shape is told of ${JSON.stringify(nothing)}`, () => assert.equal(readSwagger(nothing), {}));
}

test("a shape without an end has one here", () => {
  const endless: { type: string; items?: unknown } = { type: "array" };
  endless.items = endless;
  const { shape } = readSwagger({ definitions: { ServiceInput: endless } });
  assert.match(shape?.input ?? "", /^(Array<){8}unknown>{8}$/);
});

test.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readChannel } from "../../src/conda/read-channel.ts";
import { type Host, NetworkError } from "../../src/model/host.ts";
import { makeHost } from "../fakes/host.ts";
import { startServer } from "../fakes/http-server.ts";

const test = suite("reading a channel of conda");

const host: Host = makeHost({ clock: { ...makeHost().clock, sleep: async () => {} } });
const { signal } = new AbortController();

let failures = 0;
const server = await startServer(({ url = "" }, response) => {
  if (url.startsWith("/busy") && failures > 0) {
    failures -= 1;
    response.writeHead(503).end();
  } else if (url.startsWith("/moved")) response.writeHead(302, { location: "/there/repodata.json" }).end();
  else if (url.startsWith("/around")) response.writeHead(302, { location: url }).end();
  else if (url.startsWith("/private")) response.writeHead(401).end();
  else if (url.startsWith("/hidden")) response.writeHead(403).end();
  else if (url.startsWith("/gone")) response.writeHead(404).end();
  else response.end("a list");
});

const read = (address: string, network = host.network) =>
  readChannel(address.startsWith("/") ? `${server.url}${address}` : address, {
    host: { ...host, network },
    signal,
  });

async function textAt(address: string): Promise<string | undefined> {
  const found = await read(address);
  if (!found.ok) throw new Error(JSON.stringify(found.diagnostics));
  return found.value && Buffer.from(found.value).toString("utf8");
}

async function refusalAt(address: string, network = host.network) {
  const found = await read(address, network);
  if (found.ok) throw new Error("it was read");
  return found.diagnostics[0];
}

test("what is there, was moved, or comes after a while", async () => {
  assert.is(await textAt("/there/repodata.json"), "a list");
  assert.is(await textAt("/moved/repodata.json"), "a list");
  failures = 3;
  assert.is(await textAt("/busy/repodata.json"), "a list");
  failures = 4;
  assert.is((await refusalAt("/busy/repodata.json"))?.code, "conda/refused");
});

test("what is not there; some servers forbid it instead", async () => {
  assert.is(await textAt("/gone/repodata.json"), undefined);
  assert.is(await textAt("/hidden/repodata.json.zst"), undefined);
  assert.is(
    (await refusalAt("/hidden/repodata.json"))?.hint,
    "use a public channel, or mirror this one where no login is needed",
  );
  assert.is(
    (await refusalAt("/private/repodata.json"))?.hint,
    "use a public channel, or mirror this one where no login is needed",
  );
  assert.is((await refusalAt("/around/repodata.json"))?.code, "conda/refused");
  assert.is((await refusalAt("http://127.0.0.1:1/repodata.json"))?.code, "conda/unreachable");
});

test("from https, nobody is sent on to http; offline, nobody is asked twice", async () => {
  const asked: string[] = [];
  const network: Host["network"] = {
    async request({ url }) {
      asked.push(url);
      const headers = { location: "http://plain.example/repodata.json" };
      return {
        status: 302,
        headers,
        body: (async function* () {})(),
        text: async () => "",
        discard: () => {},
      };
    },
  };
  assert.is((await refusalAt("https://conda.example/repodata.json", network))?.code, "conda/refused");
  assert.equal(asked, ["https://conda.example/repodata.json"]);
  const closed: Host["network"] = {
    request: () => Promise.reject(new NetworkError("EOFFLINE", "it is closed")),
  };
  const offline = await refusalAt("https://conda.example/repodata.json", closed);
  assert.is(offline?.details?.transient, false);
});

test.run();

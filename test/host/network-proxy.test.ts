import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { type AddressInfo, connect, type Server } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork } from "../../src/host/network.ts";
import { type Environment, findProxy } from "../../src/host/proxy.ts";
import { NetworkError } from "../../src/model/host.ts";
import { startServer } from "../fakes/http-server.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("network: proxies");

type Rule = readonly [address: string, environment: Environment, proxy: string | undefined];

const PROXY = "http://proxy.lan:3128/";
const both = { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY };
const without = (noProxy: string): Environment => ({ ...both, NO_PROXY: noProxy });

const rules: readonly Rule[] = [
  ["https://example.com/", {}, undefined],
  ["https://example.com/", { HTTPS_PROXY: "" }, undefined],
  ["https://example.com/", { HTTPS_PROXY: PROXY }, PROXY],
  ["https://example.com/", { HTTP_PROXY: PROXY }, undefined],
  ["http://example.com/", { HTTP_PROXY: PROXY }, PROXY],
  ["http://example.com/", { HTTPS_PROXY: PROXY }, undefined],
  ["https://example.com/", { https_proxy: "proxy.lan:3128", HTTPS_PROXY: "http://other/" }, PROXY],
  ["http://localhost:5000/", both, undefined],
  ["http://127.0.0.1:5000/", both, undefined],
  ["http://[::1]:5000/", both, undefined],
  ["http://127.0.0.1.example.com/", both, PROXY],
  ["https://example.com/", without("*"), undefined],
  ["https://example.com/", without("example.com"), undefined],
  ["https://example.com/", { ...both, no_proxy: "example.com", NO_PROXY: "" }, undefined],
  ["https://a.example.com/", without("other.lan, example.com"), undefined],
  ["https://a.example.com/", without(".example.com"), undefined],
  ["https://a.example.com/", without("*.Example.com"), undefined],
  ["https://notexample.com/", without("example.com"), PROXY],
  ["https://example.com.lan/", without("example.com"), PROXY],
  ["https://example.com/", without("example.com:443"), undefined],
  ["https://example.com/", without("example.com:8443"), PROXY],
  ["https://example.com:8443/", without("example.com:8443"), undefined],
  ["http://example.com/", without("example.com:80"), undefined],
  ["https://10.1.2.3/", without("10.0.0.0/8"), undefined],
  ["https://11.1.2.3/", without("10.0.0.0/8"), PROXY],
  ["https://10.1.2.3/", without("10.1.2.3"), undefined],
  ["https://10.1.2.3:5000/", without("10.1.2.3:5000"), undefined],
  ["https://10.1.2.3/", without("10.0.0.0/99"), PROXY],
  ["https://[fd00::1]/", without("fd00::/8"), undefined],
  ["https://[fd00::1]/", without("[fd00::1]"), undefined],
  ["https://[fd00::1]/", without("10.0.0.0/8"), PROXY],
  ["https://example.com/", without(" , ,"), PROXY],
];

for (const [address, environment, proxy] of rules) {
  test(`${address} with ${JSON.stringify(environment)}`, () =>
    assert.is(findProxy(new URL(address), environment)?.href, proxy));
}

/** A proxy as small as one can be: it finds every name on this machine, and wants a login where it has one to compare. */
async function startProxy(login?: string) {
  const asked: string[] = [];
  const isKnown = ({ headers }: http.IncomingMessage): boolean =>
    login === undefined ||
    headers["proxy-authorization"] === `Basic ${Buffer.from(login).toString("base64")}`;
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (!isKnown(request)) {
      response.writeHead(407).end();
      return;
    }
    const url = new URL(request.url ?? "");
    const { "proxy-authorization": _login, ...headers } = request.headers;
    const there = { host: "127.0.0.1", port: url.port, path: url.pathname, method: request.method };
    request.pipe(
      http.request({ ...there, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  server.on("connect", (request, socket) => {
    asked.push(`${request.method} ${request.url}`);
    if (!isKnown(request)) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    const port = Number(request.url?.split(":").at(-1));
    const there = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      there.pipe(socket).pipe(there);
    }).unref();
    there.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    socket.on("error", () => there.destroy());
  });
  return { port: await listen(server), asked };
}

async function listen(server: Server): Promise<number> {
  server.unref().on("connection", (socket) => socket.unref());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function errorOf(act: Promise<unknown>): Promise<NetworkError> {
  const error = await act.catch((one: unknown) => one);
  assert.instance(error, NetworkError);
  return error as NetworkError;
}

const echo: http.RequestListener = (request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => response.end(`${request.method} ${request.url} ${request.headers.host} ${body}`));
};

async function* twoChunks() {
  yield Buffer.from("one");
  yield Buffer.from("two");
}

test("an http address is asked for through the proxy, a body in chunks, too, and one connection after another", async () => {
  const { port: there } = await startServer(echo);
  const proxy = await startProxy();
  const network = createNetwork({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}` });
  const url = `http://registry.test:${there}/x`;
  for (const _time of [1, 2]) {
    const headers = { "content-length": "6" };
    const response = await network.request({ url, method: "PUT", headers, body: twoChunks() });
    assert.is(await response.text(), `PUT /x registry.test:${there} onetwo`);
  }
  assert.equal(proxy.asked, [`PUT ${url}`, `PUT ${url}`]);
  network.close();
});

test("this machine and a unix socket are not asked for through it", async () => {
  const environment = { HTTP_PROXY: "http://127.0.0.1:1", HTTPS_PROXY: "http://127.0.0.1:1" };
  const network = createNetwork(environment);
  const { url } = await startServer(echo);
  assert.match(await (await network.request({ url })).text(), "GET / 127.0.0.1");
  const socketPath = path.join(makeFolder(), "socket");
  await startServer(echo, socketPath);
  const response = await network.request({ url: "http://engine.test/", socketPath });
  assert.is(await response.text(), "GET / engine.test ");
});

test("a proxy is shown the login in its address, and the server is not", async () => {
  const { port: there } = await startServer((request, response) =>
    response.end(String(request.headers["proxy-authorization"])),
  );
  const proxy = await startProxy("ann:s3cret");
  const url = `http://registry.test:${there}/`;
  const network = createNetwork({ HTTP_PROXY: `http://ann:s3cret@127.0.0.1:${proxy.port}` });
  assert.is(await (await network.request({ url })).text(), "undefined");
  network.close();
});

for (const protocol of ["http", "https"]) {
  test(`a proxy that wants a login for ${protocol} is told from the server behind it`, async () => {
    const proxy = await startProxy("ann:s3cret");
    const address = `http://bob:wr0ng@127.0.0.1:${proxy.port}`;
    const network = createNetwork({ HTTP_PROXY: address, HTTPS_PROXY: address });
    const { code, message } = await errorOf(network.request({ url: `${protocol}://registry.test:1/` }));
    assert.is(code, "EPROXY");
    assert.match(message, `the proxy 127.0.0.1:${proxy.port} answers 407: it wants a login`);
    assert.not.match(message, "wr0ng");
  });
}

test("a proxy that does not reach the server", async () => {
  const proxy = await startProxy();
  const network = createNetwork({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
  const { code, message } = await errorOf(network.request({ url: "https://registry.test:1/" }));
  assert.equal([code, message], ["ETUNNEL", `the proxy 127.0.0.1:${proxy.port} answers 502`]);
});

test("a proxy that is not there, and one that is none", async () => {
  const url = "https://registry.test/";
  assert.is(
    (await errorOf(createNetwork({ HTTPS_PROXY: "http://127.0.0.1:1" }).request({ url }))).code,
    "ECONNREFUSED",
  );
  const { code, message } = await errorOf(
    createNetwork({ HTTPS_PROXY: "socks5://ann:s3cret@127.0.0.1:1" }).request({ url }),
  );
  assert.is(code, "EPROXY");
  assert.not.match(message, "s3cret");
});

/** A server with TLS, by a certificate nobody knows, for `registry.test`; undefined on a machine without openssl. */
async function startSecureServer() {
  const folder = makeFolder();
  const [key, certificate] = [path.join(folder, "key.pem"), path.join(folder, "certificate.pem")];
  const names = ["-subj", "/CN=registry.test", "-addext", "subjectAltName=DNS:registry.test"];
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = ["-keyout", key, "-out", certificate];
  try {
    execFileSync("openssl", ["req", "-x509", ...made, ...names, ...files], { stdio: "pipe" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    process.stdout.write("  TLS through a proxy: not run, there is no openssl\n");
    return undefined;
  }
  const server = https.createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, echo);
  return { port: await listen(server), certificate };
}

const secure = await startSecureServer();

/** Asks through a proxy twice, in a process that trusts a certificate: Node reads the variable once, when it starts. */
const ASK_TWICE = `
const { createNetwork } = await import(process.env.MODULE);
const network = createNetwork(process.env);
async function* body() { yield Buffer.from("one"); yield Buffer.from("two"); }
for (const time of [1, 2]) {
  const headers = { "content-length": "6" };
  const response = await network.request({ url: process.env.ADDRESS, method: "PUT", headers, body: body() });
  console.log(await response.text());
}
// Open connections that nobody uses do not keep it from ending.
`;

if (secure !== undefined) {
  test("an https address is asked for through a tunnel, and with the authority that Node is told of", async () => {
    const proxy = await startProxy("ann:s3cret");
    const environment = {
      PATH: process.env.PATH,
      HTTPS_PROXY: `http://ann:s3cret@127.0.0.1:${proxy.port}`,
      NODE_EXTRA_CA_CERTS: secure.certificate,
      MODULE: new URL("../../src/host/network.ts", import.meta.url).href,
      ADDRESS: `https://registry.test:${secure.port}/x`,
    };
    const args = ["--import", "tsx", "--input-type=module", "-e", ASK_TWICE];
    const { stdout } = await promisify(execFile)("node", args, { env: environment, timeout: 20_000 });
    assert.is(stdout, `PUT /x registry.test:${secure.port} onetwo\n`.repeat(2));
    // The tunnel is kept.
    assert.equal(proxy.asked, [`CONNECT registry.test:${secure.port}`]);
  });

  test("a certificate nobody knows is told with what helps", async () => {
    const proxy = await startProxy();
    for (const [environment, url] of [
      [{ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }, `https://registry.test:${secure.port}/`],
      [{}, `https://127.0.0.1:${secure.port}/`],
    ] as const) {
      const { code, message } = await errorOf(createNetwork(environment).request({ url }));
      assert.is(code, "DEPTH_ZERO_SELF_SIGNED_CERT");
      assert.match(
        message,
        /^self-signed certificate; trust its issuer by naming a PEM file in `NODE_EXTRA_CA_CERTS`$/,
      );
    }
  });
}

test.run();

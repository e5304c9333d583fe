// Images of src/runtime and fixtures/runtime alone, and their containers: a read-only root, no capabilities, a user
// that is not root, and no /tmp. What each scoring script does is told at the top of its file in fixtures/runtime.
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa, execaSync } from "execa";
import { suite } from "uvu";
import * as assert from "uvu/assert";

export const repository = new URL("../..", import.meta.url).pathname;
const label = `mlpackage.test=runtime-${process.pid}`;
const ownImage = `mlpackage-test/runtime:${process.pid}`;

export type Request = {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
};
export type Response = {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
};
/** A header that is expected to be `undefined` must not be there. */
export type Expected = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | RegExp | undefined>>;
  readonly body?: string | RegExp;
};
export type Start = {
  /** Default: the one of this process. */
  readonly image?: string;
  readonly script?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** More arguments of `docker run`. */
  readonly options?: readonly string[];
};
export type Case = readonly [name: string, request: Request, expected: Expected];

export const score = (body: string): Request => ({ body });
export const json = (body: string): Expected => ({
  status: 200,
  headers: {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "x-ms-run-function-failed": "False",
    "x-ms-run-fn-exec-ms": /^\d+\.\d{3}$/,
  },
  body,
});
export const message = (status: number, text: string, failed = "False"): Expected => ({
  status,
  headers: {
    "content-type": "application/json",
    "x-ms-run-function-failed": failed,
    "x-ms-run-fn-exec-ms": undefined,
  },
  body: JSON.stringify({ message: text }).replace('":"', '": "'),
});
export const page = (body: string, contentType = "text/html; charset=utf-8"): Expected => ({
  status: 200,
  headers: { "content-type": contentType, "x-ms-run-function-failed": undefined },
  body,
});

export const notFound = message(
  404,
  "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
);
export const notAllowed = message(405, "The method is not allowed for the requested URL.");
export const internalError = message(
  500,
  "An unexpected internal error occurred. Check the logs for more info.",
);
export const scriptFailed = message(
  500,
  "An unexpected error occurred in scoring script. Check the logs for more info.",
  "True",
);
/** One container of the image, and the port at which it is reached. */

export type Service = { readonly id: string; readonly port: number };

export async function docker(...args: readonly string[]): Promise<string> {
  return (await execa("docker", args, { timeout: 60_000 })).stdout;
}

async function buildImage(): Promise<void> {
  const base = process.env.RIG_PYTHON_IMAGE;
  if (!base) throw new Error("RIG_PYTHON_IMAGE is not set: run this under test/rig/with-rig.sh");
  const context = await mkdtemp(join(tmpdir(), "mlpackage-runtime-"));
  try {
    await cp(join(repository, "src/runtime"), join(context, "runtime"), { recursive: true });
    await cp(join(repository, "fixtures/runtime"), join(context, "app"), { recursive: true });
    await writeFile(
      join(context, "Dockerfile"),
      `FROM ${base}
COPY runtime /opt/mlpackage/runtime
COPY app /var/azureml-app
ENV AML_APP_ROOT=/var/azureml-app
WORKDIR /
CMD ["python3", "/opt/mlpackage/runtime/serve.py"]
`,
    );
    await docker("build", "--quiet", "--load", "--label", label, "--tag", ownImage, context);
  } finally {
    await rm(context, { recursive: true });
  }
}

/** The arguments of `docker run` for a container that may do nothing but serve. */
export function confined({
  image = ownImage,
  script = "contract/score.py",
  environment = {},
  options = [],
}: Start): readonly string[] {
  const variables = Object.entries({ AZUREML_ENTRY_SCRIPT: script, ...environment });
  return [
    ...["--read-only", "--cap-drop", "ALL", "--user", "1000:1000", "--label", label, ...options],
    ...variables.flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    image,
  ];
}

export async function start(how: Start): Promise<Service> {
  const id = await docker("run", "--detach", "--publish", "127.0.0.1::5001", ...confined(how));
  const address = await docker("port", id, "5001/tcp");
  return { id, port: Number(address.split(":").at(-1)) };
}

export async function startReady(how: Start): Promise<Service> {
  const service = await start(how);
  const deadline = Date.now() + 60_000;
  while ((await statusOf(service, "/readyz")) !== 200) {
    if (Date.now() > deadline)
      throw new Error(`${how.script} is not ready:\n${(await logsOf(service)).stderr}`);
    await sleep(50);
  }
  return service;
}

export async function logsOf(
  service: Service,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return execa("docker", ["logs", service.id]);
}

/** Builds the image of this process, and sees to it that nothing is left of it. */
export async function setUp(): Promise<void> {
  process.on("exit", removeAll);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
  await buildImage();
}

/** When the process ends, whichever way: uvu runs no more hooks after one that throws. */
function removeAll(): void {
  const containers = execaSync("docker", ["ps", "--all", "--quiet", "--filter", `label=${label}`]).stdout;
  if (containers) execaSync("docker", ["rm", "--force", ...containers.split("\n")]);
  execaSync("docker", ["rmi", "--force", ownImage], { reject: false });
}

export function send(service: Service, request: Request): Promise<Response> {
  const { method = "POST", path = "/score", headers = {}, body } = request;
  return new Promise((resolve, reject) => {
    const outgoing = http.request({
      host: "127.0.0.1",
      port: service.port,
      method,
      path,
      headers,
      agent: false,
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => read(incoming).then(resolve, reject));
    outgoing.end(body);
  });
}

async function read(incoming: http.IncomingMessage): Promise<Response> {
  let body = "";
  for await (const chunk of incoming.setEncoding("utf8")) body += chunk;
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body };
}

/** `undefined` where no one answers. */
export async function statusOf(service: Service, path: string): Promise<number | undefined> {
  return send(service, { method: "GET", path }).then(
    (response) => response.status,
    () => undefined,
  );
}

export function check(response: Response, expected: Expected): void {
  const seen = JSON.stringify(response, null, 1);
  assert.is(response.status, expected.status, seen);
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    if (value instanceof RegExp) assert.match(String(response.headers[name]), value, `${name} in ${seen}`);
    else assert.is(response.headers[name], value, `${name} in ${seen}`);
  }
  if (expected.body instanceof RegExp) assert.match(response.body, expected.body);
  else if (expected.body !== undefined) assert.is(response.body, expected.body);
}

export type Context = { service: Service };

/** A suite with one container for all of its cases. */
export function suiteWith(name: string, how: Start) {
  const test = suite<Context>(name);
  test.before(async (context) => {
    context.service = await startReady(how);
  });
  return {
    test,
    cases: (table: readonly Case[]) => {
      for (const [title, request, expected] of table) {
        test(title, async ({ service }) => check(await send(service, request), expected));
      }
    },
  };
}

import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Capabilities, Engine } from "../model/engine.ts";
import { type Clock, type Host, NetworkError } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { createBuildx, findBuildx, missingBuildx } from "./buildx.ts";
import { createDockerApi, type DockerApi, isSupportedEndpoint } from "./docker-api.ts";
import { createContainerRunner } from "./docker-containers.ts";
import { findDockerEndpoint } from "./docker-endpoint.ts";
import { createImageStore } from "./docker-images.ts";
import { processEnvironment } from "./process-environment.ts";

/** What an engine can do it tells in a hundredth of a second; one that is busy may take this long. */
const INFO_TIMEOUT_MS = 6_000;

/** One that has said nothing after this time is asked whether it is there at all. */
const PATIENCE_MS = 250;

/** One that does not even answer that is taken to be absent. */
const PING_TIMEOUT_MS = 1_250;

type Info = {
  readonly ServerVersion: string;
  readonly OSType: string;
  readonly Architecture: string;
  readonly DriverStatus?: readonly (readonly [string, string])[];
};

/** The Docker Engine the docker client would use: its API over the socket, and buildx for builds. */
export async function createDockerEngine(host: Host): Promise<Engine> {
  const endpoint = await findDockerEndpoint(host);
  const api = createDockerApi(endpoint, host);
  const images = createImageStore(api, host);
  // Whoever makes an engine is going to ask: meanwhile they can do other things.
  const probed = probe(api, host.clock);
  probed.catch(() => {});
  const ask = () => probed;
  return {
    ...images,
    ...createContainerRunner(api),
    ...createBuildx(endpoint, host, ask),
    probe: ask,
  };
}

async function probe(api: DockerApi, clock: Clock): Promise<Result<Capabilities>> {
  if (!isSupportedEndpoint(api.endpoint)) return fail(unsupportedEndpoint(api.endpoint));
  try {
    const info = await askForInfo(api, clock);
    const storage = info.DriverStatus?.find(([name]) => name === "driver-type")?.[1] ?? "";
    return succeed({
      endpoint: api.endpoint,
      engineVersion: info.ServerVersion,
      containerdStore: storage.startsWith("io.containerd."),
      platform: `${info.OSType}/${architectureOf(info)}`,
    });
  } catch (error) {
    if (error instanceof NetworkError) return fail(unreachable(api.endpoint, error));
    throw error;
  }
}

async function askForInfo(api: DockerApi, clock: Clock): Promise<Info> {
  const answered = new AbortController();
  const info = api.json<Info>("/info", { timeoutMs: INFO_TIMEOUT_MS });
  const isThere = clock
    .sleep(PATIENCE_MS, answered.signal)
    .then(() => api.open("/_ping", { timeoutMs: PING_TIMEOUT_MS, signal: answered.signal }))
    .then((response) => response.text());
  isThere.catch(() => {});
  try {
    return await Promise.race([info, isThere.then(() => info)]);
  } finally {
    answered.abort();
    info.catch(() => {});
  }
}

/** The engine tells what `uname -m` says; images have the words of Go. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  aarch64: "arm64",
  armv7l: "arm",
  armv6l: "arm",
  i686: "386",
  i386: "386",
};

function architectureOf({ Architecture }: Info): string {
  return ARCHITECTURES[Architecture] ?? Architecture;
}

/** The version of the buildx plug-in; fails where there is none. */
export async function probeBuildx(host: Host): Promise<Result<string>> {
  const { command, args } = await findBuildx(host);
  const environment = processEnvironment(host.environment);
  const answer = await host.processes.run({
    command,
    args: [...args, "version"],
    environment,
    timeoutMs: 10_000,
  });
  if (answer.exitCode !== 0) return fail(missingBuildx());
  return succeed(answer.stdout.trim().split(" ")[1] ?? "unknown");
}

function unsupportedEndpoint(endpoint: string): Diagnostic {
  return errorDiagnostic(
    "engine/unsupported-endpoint",
    `the engine's address \`${endpoint}\` is of an unsupported kind`,
    {
      hint: "type `ssh -NL /tmp/docker.sock:/var/run/docker.sock HOST`, and `export DOCKER_HOST=unix:///tmp/docker.sock`",
    },
  );
}

function unreachable(endpoint: string, error: NetworkError): Diagnostic {
  if (error.code === "EACCES") {
    return errorDiagnostic(
      "engine/unreachable",
      `permission denied for the Docker engine at \`${endpoint}\``,
      {
        hint: "type `sudo usermod -aG docker $USER`, then log out and in again",
      },
    );
  }
  return errorDiagnostic("engine/unreachable", `no Docker engine answers at \`${endpoint}\``, {
    hint: "start Docker Desktop or type `sudo systemctl start docker`; install it from https://docs.docker.com/engine/install/, or set `DOCKER_HOST` to another engine",
    excerpt: [error.message],
  });
}

import path from "node:path";
import type { Host } from "../model/host.ts";
import type { Credentials } from "../model/registry.ts";
import { dockerConfigDirectory, readJson } from "./docker-endpoint.ts";
import { processEnvironment } from "./process-environment.ts";

type DockerConfig = {
  readonly auths?: Readonly<Record<string, { auth?: string; identitytoken?: string }>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
};

/** Docker Hub's entry has kept the name of its first API. */
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";

/** The credentials docker would use for a registry: its credential helper's, its store's, or those in config.json. */
export async function findCredentials(registry: string, host: Host): Promise<Credentials | undefined> {
  const config = (await readJson(path.join(dockerConfigDirectory(host), "config.json"), host)) as
    | DockerConfig
    | undefined;
  if (config === undefined) return undefined;
  const key = registry === "docker.io" ? DOCKER_HUB_KEY : registry;
  const helper = config.credHelpers?.[key] ?? config.credsStore;
  if (helper !== undefined && helper !== "") {
    const kept = await askHelper(helper, key, host);
    if (kept !== undefined) return kept;
  }
  const entry = config.auths?.[key] ?? config.auths?.[`https://${key}`];
  if (entry?.identitytoken !== undefined && entry.identitytoken !== "") {
    return { identityToken: entry.identitytoken };
  }
  return decode(entry?.auth);
}

function decode(auth: string | undefined): Credentials | undefined {
  if (auth === undefined || auth === "") return undefined;
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The protocol of docker-credential-helpers: the registry on stdin, `{Username, Secret}` on stdout. */
async function askHelper(helper: string, key: string, host: Host): Promise<Credentials | undefined> {
  const answer = await host.processes.run({
    command: `docker-credential-${helper}`,
    args: ["get"],
    input: key,
    environment: processEnvironment(host.environment),
    timeoutMs: 10_000,
  });
  if (answer.exitCode !== 0) return undefined;
  try {
    const { Username, Secret } = JSON.parse(answer.stdout) as { Username?: string; Secret?: string };
    if (Username === undefined || Secret === undefined) return undefined;
    return Username === "<token>" ? { identityToken: Secret } : { username: Username, password: Secret };
  } catch {
    return undefined;
  }
}

/** The header the engine takes credentials in: base64url of a JSON object. */
export function registryAuthHeader(
  registry: string,
  credentials: Credentials | undefined,
): Readonly<Record<string, string>> {
  if (credentials === undefined) return { "x-registry-auth": encode({}) };
  const serveraddress = registry === "docker.io" ? DOCKER_HUB_KEY : registry;
  return {
    "x-registry-auth": encode(
      "identityToken" in credentials
        ? { identitytoken: credentials.identityToken, serveraddress }
        : { ...credentials, serveraddress },
    ),
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

import path from "node:path";
import { digestOf } from "../model/digest.ts";
import type { Host } from "../model/host.ts";

/** Where Docker keeps its configuration: credentials, contexts, plug-ins. */
export function dockerConfigDirectory(host: Host): string {
  return host.environment.DOCKER_CONFIG || path.join(host.environment.HOME ?? "/", ".docker");
}

/**
 * The engine's address as the docker client would choose it: `DOCKER_HOST`, else the context named by
 * `DOCKER_CONTEXT` or `currentContext`, else the default socket. A context that
 * does not exist gives `context:NAME`, which nothing can speak to. A variable that is empty is not set.
 */
export async function findDockerEndpoint(host: Host): Promise<string> {
  const fromEnvironment = host.environment.DOCKER_HOST;
  if (fromEnvironment) return fromEnvironment;
  const context = host.environment.DOCKER_CONTEXT || (await currentContext(host)) || "default";
  const fromContext = context === "default" ? undefined : await endpointOfContext(context, host);
  if (context !== "default" && fromContext === undefined) return `context:${context}`;
  return fromContext ?? "unix:///var/run/docker.sock";
}

async function currentContext(host: Host): Promise<string | undefined> {
  const config = (await readJson(path.join(dockerConfigDirectory(host), "config.json"), host)) as
    | {
        currentContext?: string;
      }
    | undefined;
  return config?.currentContext;
}

async function endpointOfContext(name: string, host: Host): Promise<string | undefined> {
  const folder = digestOf(name).slice("sha256:".length);
  const metadata = (await readJson(
    path.join(dockerConfigDirectory(host), "contexts", "meta", folder, "meta.json"),
    host,
  )) as { Endpoints?: { docker?: { Host?: string } } } | undefined;
  return metadata?.Endpoints?.docker?.Host;
}

/** A JSON file of Docker's; undefined where it is missing or is no JSON. */
export async function readJson(file: string, host: Host): Promise<unknown> {
  try {
    return (await host.files.status(file)) === undefined
      ? undefined
      : JSON.parse(await host.files.readText(file));
  } catch {
    return undefined;
  }
}

import type { ResourcesConfig } from "../model/config.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import { type DeployedService, READINESS, START_WITHIN_S, stopWithinS } from "./deployed-service.ts";

/** A file of the Compose Specification, with one service. */
export function composeFile(service: DeployedService): SerializableRecord {
  return { name: service.name, services: { [service.name]: serviceOf(service) } };
}

function serviceOf(service: DeployedService): SerializableRecord {
  const { image, isLocal, port, server } = service;
  return {
    image,
    ...(isLocal && { pull_policy: "never" }),
    ports: [portOf(service)],
    ...(server !== undefined && { healthcheck: healthcheckOf(server.interpreter, port) }),
    ...deployOf(service),
    read_only: true,
    tmpfs: ["/tmp"],
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    restart: "unless-stopped",
    stop_grace_period: `${stopWithinS(service)}s`,
  };
}

/** Only one container can have the port of the machine; several get any that are free. */
function portOf({ port, replicas }: DeployedService): SerializableRecord {
  return { target: port, ...(replicas === 1 && { published: port }) };
}

/** Asked by the one program that is surely in the image. `urllib` would ask a proxy. */
function healthcheckOf(interpreter: string, port: number): SerializableRecord {
  const ask = [
    "import http.client, sys",
    `connection = http.client.HTTPConnection("127.0.0.1", ${port}, timeout=5)`,
    `connection.request("GET", "${READINESS}")`,
    "sys.exit(connection.getresponse().status != 200)",
  ].join("; ");
  return {
    test: ["CMD", interpreter, "-c", ask],
    interval: "10s",
    timeout: "10s",
    retries: 3,
    start_period: `${START_WITHIN_S}s`,
  };
}

function deployOf({ replicas, resources }: DeployedService): SerializableRecord {
  const deploy = {
    ...(replicas !== 1 && { replicas }),
    ...(resources !== undefined && { resources: resourcesOf(resources) }),
  };
  return Object.keys(deploy).length === 0 ? {} : { deploy };
}

function resourcesOf({ limits, gpu, ...requests }: ResourcesConfig): SerializableRecord {
  const kept = {
    ...amountsOf(requests),
    ...(gpu !== undefined && { devices: [{ driver: "nvidia", count: gpu, capabilities: ["gpu"] }] }),
  };
  return {
    ...(Object.keys(kept).length > 0 && { reservations: kept }),
    ...(limits !== undefined && { limits: amountsOf(limits) }),
  };
}

/** CPUs as a decimal, and bytes: compose takes `Gi` and `G` for the same. */
function amountsOf({ cpuMillis, memoryBytes }: ResourcesConfig): SerializableRecord {
  return {
    ...(cpuMillis !== undefined && { cpus: String(cpuMillis / 1000) }),
    ...(memoryBytes !== undefined && { memory: String(memoryBytes) }),
  };
}

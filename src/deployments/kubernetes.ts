import type { Deployment } from "kubernetes-types/apps/v1.d.ts";
import type {
  Container,
  Lifecycle,
  PodSecurityContext,
  PodSpec,
  Probe,
  ResourceRequirements,
  Service,
} from "kubernetes-types/core/v1.d.ts";
import type { ObjectMeta } from "kubernetes-types/meta/v1.d.ts";
import type { ResourcesConfig } from "../model/config.ts";
import { writeCpu, writeMemory } from "../model/quantity.ts";
import {
  type DeployedService,
  FAREWELL_S,
  LIVENESS,
  READINESS,
  START_WITHIN_S,
  stopWithinS,
} from "./deployed-service.ts";

const PORT_NAME = "http";

/** A Service, and the Deployment behind it, as objects of Kubernetes' API; without a namespace, for that of the call. */
export function kubernetesObjects(
  service: DeployedService,
  namespace: string | undefined,
): readonly [Service, Deployment] {
  const metadata: ObjectMeta = {
    name: service.name,
    ...(namespace !== undefined && { namespace }),
    labels: { ...selectorOf(service), "app.kubernetes.io/managed-by": "mlpackage" },
  };
  return [serviceOf(service, metadata), deploymentOf(service, metadata)];
}

/** What never changes of the labels: a Deployment's selector cannot be changed. */
function selectorOf({ name, packageName }: DeployedService): Record<string, string> {
  const fitting = packageName.slice(0, 63).replace(/[._-]+$/, "");
  return { "app.kubernetes.io/name": fitting, "app.kubernetes.io/instance": name };
}

function serviceOf(service: DeployedService, metadata: ObjectMeta): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: {
      selector: selectorOf(service),
      ports: [{ name: PORT_NAME, port: service.port, targetPort: PORT_NAME, protocol: "TCP" }],
    },
  };
}

function deploymentOf(service: DeployedService, metadata: ObjectMeta): Deployment {
  const { labels } = metadata;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      replicas: service.replicas,
      selector: { matchLabels: selectorOf(service) },
      template: { metadata: { ...(labels && { labels }) }, spec: podOf(service) },
    },
  };
}

function podOf(service: DeployedService): PodSpec {
  return {
    automountServiceAccountToken: false,
    // A service called `mlpackage` would otherwise set MLPACKAGE_PORT, which our server reads, to an address.
    enableServiceLinks: false,
    securityContext: podSecurityOf(service.user),
    terminationGracePeriodSeconds: stopWithinS(service),
    containers: [containerOf(service)],
    volumes: [{ name: "tmp", emptyDir: {} }],
  };
}

/** A kubelet believes only a number not to be root. */
function podSecurityOf(user: string): PodSecurityContext {
  const [uid, gid] = user.split(":").map((part) => (/^\d+$/.test(part) ? Number(part) : undefined));
  return {
    ...(uid !== undefined && { runAsUser: uid, runAsNonRoot: uid !== 0 }),
    ...(gid !== undefined && { runAsGroup: gid }),
    seccompProfile: { type: "RuntimeDefault" },
  };
}

function containerOf(service: DeployedService): Container {
  const { name, image, port, server, resources } = service;
  return {
    name,
    image,
    ports: [{ name: PORT_NAME, containerPort: port, protocol: "TCP" }],
    ...probesOf(service),
    ...(server !== undefined && { lifecycle: lifecycleOf(server.interpreter) }),
    ...(resources !== undefined && { resources: resourcesOf(resources) }),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
  };
}

type Probes = Required<Pick<Container, "startupProbe" | "readinessProbe" | "livenessProbe">>;

/** A probe waits behind the request that a worker is at, so only what is silent for longer than that may take is dead. */
function probesOf({ server }: DeployedService): Probes {
  const ready: Probe = server === undefined ? connecting() : asking(READINESS);
  const alive: Probe = server === undefined ? connecting() : asking(LIVENESS);
  const patienceS = server?.patienceS ?? 60;
  return {
    startupProbe: { ...ready, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: START_WITHIN_S / 5 },
    readinessProbe: { ...ready, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: {
      ...alive,
      periodSeconds: 30,
      timeoutSeconds: 10,
      failureThreshold: Math.ceil(patienceS / 30) + 2,
    },
  };
}

const asking = (path: string): Probe => ({ httpGet: { path, port: PORT_NAME } });
const connecting = (): Probe => ({ tcpSocket: { port: PORT_NAME } });

/** Until every node knows that the pod is going, some send it requests. */
function lifecycleOf(interpreter: string): Lifecycle {
  return {
    preStop: { exec: { command: [interpreter, "-c", `import time; time.sleep(${FAREWELL_S})`] } },
  };
}

/** A GPU cannot be shared: what is requested of it and its limit are one. */
function resourcesOf({ limits = {}, gpu, ...requests }: ResourcesConfig): ResourceRequirements {
  const kept = amountsOf(requests);
  const most = { ...amountsOf(limits), ...(gpu !== undefined && { "nvidia.com/gpu": String(gpu) }) };
  return {
    ...(Object.keys(kept).length > 0 && { requests: kept }),
    ...(Object.keys(most).length > 0 && { limits: most }),
  };
}

function amountsOf({ cpuMillis, memoryBytes }: ResourcesConfig): Record<string, string> {
  return {
    ...(cpuMillis !== undefined && { cpu: writeCpu(cpuMillis) }),
    ...(memoryBytes !== undefined && { memory: writeMemory(memoryBytes) }),
  };
}

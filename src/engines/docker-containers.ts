import { errorDiagnostic } from "../model/diagnostic.ts";
import type { ContainerRunner, ReplacedFolder, Service, ServiceRequest } from "../model/engine.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { type DockerApi, DockerApiError } from "./docker-api.ts";
import { readFrames } from "./docker-frames.ts";

type ContainerDetails = {
  readonly Id: string;
  readonly State: { readonly Running: boolean; readonly ExitCode: number };
  readonly NetworkSettings: { readonly Ports: Record<string, { HostPort: string }[] | null> };
};

type ListedContainer = {
  readonly Id: string;
  readonly Ports: readonly { readonly PublicPort?: number }[];
  readonly Labels: Readonly<Record<string, string>>;
};

/** How long a container has to finish its request in flight before it is killed, in seconds. */
const STOP_SECONDS = "10";

export function createContainerRunner(api: DockerApi): ContainerRunner {
  async function start(request: ServiceRequest): Promise<Result<Service>> {
    let id: string | undefined;
    try {
      const created = await api.json<{ Id: string }>("/containers/create", {
        method: "POST",
        ...(request.name !== undefined && { query: { name: request.name } }),
        body: containerOf(request),
      });
      id = created.Id;
      if (request.replaced !== undefined) await unpackInto(api, id, request.replaced);
      await api.json(`/containers/${id}/start`, { method: "POST" });
      const details = await api.json<ContainerDetails>(`/containers/${id}/json`);
      const hostPort = publishedPort(details, request.port) ?? request.hostPort;
      return succeed(createService(api, { id, hostPort, labels: request.labels }));
    } catch (error) {
      if (id !== undefined) await createService(api, { id, hostPort: 0, labels: {} }).remove();
      if (error instanceof DockerApiError) return fail(wordStartError(error, request));
      throw error;
    }
  }

  async function findServices(labels: Readonly<Record<string, string>>): Promise<readonly Service[]> {
    const filters = { label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) };
    const found = await api.json<readonly ListedContainer[]>("/containers/json", {
      query: { all: "1", filters: JSON.stringify(filters) },
    });
    return found.map(({ Id, Ports, Labels }) => {
      const hostPort = Ports.find(({ PublicPort }) => PublicPort)?.PublicPort ?? 0;
      return createService(api, { id: Id, hostPort, labels: Labels });
    });
  }

  return { start, findServices };
}

function containerOf(request: ServiceRequest): object {
  const port = `${request.port}/tcp`;
  return {
    Image: request.image,
    Labels: request.labels,
    Env: Object.entries(request.variables ?? {}).map(([name, value]) => `${name}=${value}`),
    ExposedPorts: { [port]: {} },
    HostConfig: {
      PortBindings: { [port]: [{ HostIp: "127.0.0.1", HostPort: String(request.hostPort) }] },
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "rw,nosuid,nodev,mode=1777" },
      Mounts: request.replaced === undefined ? [] : [emptyVolume(request.replaced)],
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Init: false,
    },
  };
}

/** One that goes with the container. It is the only place in one with a read-only root that an engine unpacks into. */
function emptyVolume({ folder }: ReplacedFolder): object {
  return { Type: "volume", Target: folder, VolumeOptions: { NoCopy: true } };
}

async function unpackInto(api: DockerApi, id: string, { folder, archive }: ReplacedFolder): Promise<void> {
  await api.json(`/containers/${id}/archive`, { method: "PUT", query: { path: folder }, content: archive });
}

function publishedPort(details: ContainerDetails, port: number): number | undefined {
  const binding = details.NetworkSettings.Ports[`${port}/tcp`]?.[0];
  return binding === undefined ? undefined : Number(binding.HostPort);
}

function wordStartError(error: DockerApiError, request: ServiceRequest) {
  const isPortTaken = /port is already allocated|address already in use/.test(error.message);
  if (isPortTaken) {
    return errorDiagnostic("engine/port-taken", `port ${request.hostPort} is in use`, {
      hint: "choose another with `-p PORT`, or stop what listens there",
    });
  }
  return errorDiagnostic(
    "engine/container-not-started",
    `the engine could not start the image: ${error.message}`,
    { hint: "type `mlpackage apply` to build it again, or `mlpackage doctor` to check the engine" },
  );
}

function createService(
  api: DockerApi,
  { id, hostPort, labels }: Pick<Service, "id" | "hostPort" | "labels">,
): Service {
  const logs = (query: Record<string, string>, signal?: AbortSignal) =>
    api.open(`/containers/${id}/logs`, {
      query: { stdout: "1", stderr: "1", ...query },
      stallTimeoutMs: 0,
      ...(signal !== undefined && { signal }),
    });
  async function kill(signal: string): Promise<void> {
    try {
      await api.json(`/containers/${id}/kill`, { method: "POST", query: { signal } });
    } catch (error) {
      const hasEnded = error instanceof DockerApiError && (error.status === 404 || error.status === 409);
      if (!hasEnded) throw error;
    }
  }
  return {
    id,
    hostPort,
    labels,
    async state() {
      const details = await api.find<ContainerDetails>(`/containers/${id}/json`);
      return { running: details?.State.Running ?? false, exitCode: details?.State.ExitCode ?? -1 };
    },
    halt: () => kill("SIGKILL"),
    async logTail(lines) {
      const text: string[] = [];
      for await (const frame of readFrames((await logs({ tail: String(lines) })).body)) text.push(frame.text);
      return text.join("").trimEnd().split("\n");
    },
    async follow(onText, signal, lines) {
      try {
        const tail = lines === undefined ? "all" : String(lines);
        const { body } = await logs({ follow: "1", tail }, signal);
        for await (const frame of readFrames(body)) onText(frame.text, frame.stream);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    unpack: (files) => unpackInto(api, id, files),
    async execute(command) {
      const { Id } = await api.json<{ Id: string }>(`/containers/${id}/exec`, {
        method: "POST",
        body: { User: "0:0", Cmd: command, AttachStdout: true, AttachStderr: true },
      });
      // The answer ends with the command.
      await (await api.open(`/exec/${Id}/start`, { method: "POST", body: { Detach: false } })).text();
      return (await api.json<{ ExitCode: number | null }>(`/exec/${Id}/json`)).ExitCode ?? -1;
    },
    alert: kill,
    async remove({ graceful } = { graceful: true }) {
      try {
        if (graceful)
          await api.json(`/containers/${id}/stop`, { method: "POST", query: { t: STOP_SECONDS } });
        await api.json(`/containers/${id}`, { method: "DELETE", query: { force: "1", v: "1" } });
      } catch (error) {
        const isGone = error instanceof DockerApiError && (error.status === 404 || error.status === 409);
        if (!isGone) throw error;
      }
    },
  };
}

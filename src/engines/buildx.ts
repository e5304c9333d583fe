import path from "node:path";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { BuildEvent, BuildRequest, Capabilities, ImageBuilder } from "../model/engine.ts";
import type { Host } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { type BuildFailure, wordBuildFailure } from "./build-failure.ts";
import { createProgressReader } from "./buildkit-progress.ts";
import { buildxArgs, secretVariables } from "./buildx-args.ts";
import { followCaches } from "./cache-failure.ts";
import { dockerConfigDirectory } from "./docker-endpoint.ts";
import { maskEvents, maskSecrets } from "./mask-secrets.ts";
import { processEnvironment } from "./process-environment.ts";

/** Builds with buildx on the engine at `endpoint`. */
export function createBuildx(
  endpoint: string,
  host: Host,
  probe: () => Promise<Result<Pick<Capabilities, "containerdStore">>>,
): ImageBuilder {
  /** A cache that lost a part cannot be mended from here, but it can be left aside. */
  async function build(request: BuildRequest): Promise<Result<string | undefined>> {
    const built = await buildOnce(request);
    if (built.ok || request.noCache || !built.diagnostics.some(isLostSnapshot)) return built;
    return buildOnce({ ...request, noCache: true });
  }

  async function buildOnce(request: BuildRequest): Promise<Result<string | undefined>> {
    const probed = await probe();
    if (!probed.ok) return probed;
    const writesLayouts = probed.value.containerdStore;
    const idFile = path.join(path.dirname(request.dockerfile), "image-id");
    const failing = followFailure();
    const caches = followCaches(request);
    const mask = maskSecrets(request.secrets ?? []);
    const onEvent = maskEvents(mask, (event) => {
      if (!caches.see(event)) failing.see(event);
      request.onEvent(event);
    });
    const reader = createProgressReader(onEvent);
    const { command, args } = await findBuildx(host);
    const ended = await host.processes.run({
      command,
      args: [...args, ...buildxArgs(request, { writesLayouts, idFile })],
      environment: { ...buildxEnvironment(endpoint, host), ...secretVariables(request) },
      signal: request.signal,
      onStderrLine: reader.readLine,
    });
    if (ended.failure === "not-found" || isUnknownCommand(reader.otherLines)) return fail(missingBuildx());
    const otherLines = reader.otherLines.map(mask.text);
    if (ended.exitCode !== 0) {
      const { layoutFolder, cacheTo = [] } = request;
      return fail(wordBuildFailure({ ...failing.failure(), otherLines, layoutFolder, cacheTo }));
    }
    const isLayout = writesLayouts || request.builder !== undefined || request.filesFolder !== undefined;
    return succeed(
      isLayout ? undefined : (await host.files.readText(idFile)).trim(),
      caches.warnings(otherLines),
    );
  }

  return { build };
}

/** More than any excerpt shows, and enough to find the cause in. */
const REMEMBERED_LOG_CHARACTERS = 64 * 1024;

/** Remembers which vertex failed and what it printed; a build that fails cancels its other vertices. */
function followFailure() {
  const logs = new Map<string, string>();
  let failed: { vertex: string; name: string; error: string } | undefined;
  return {
    see(event: BuildEvent): void {
      if (event.type === "vertex-log") {
        // A line may come in several pieces.
        const log = `${logs.get(event.vertex) ?? ""}${event.text}`;
        logs.set(event.vertex, log.slice(-REMEMBERED_LOG_CHARACTERS));
      }
      if (event.type !== "vertex-finished" || event.error === undefined) return;
      const isCancelled = /context canceled/.test(event.error);
      if (failed === undefined && !isCancelled)
        failed = { vertex: event.vertex, name: event.name, error: event.error };
    },
    failure(): Omit<BuildFailure, "otherLines"> {
      if (failed === undefined) return { log: [] };
      const log = (logs.get(failed.vertex) ?? "").split("\n");
      return { vertexName: failed.name, vertexError: failed.error, log };
    },
  };
}

function isLostSnapshot({ code }: Diagnostic): boolean {
  return code === "build/lost-snapshot";
}

/** What docker says where it has no such plug-in. */
function isUnknownCommand(lines: readonly string[]): boolean {
  return lines.some((line) =>
    /is not a docker command|unknown command|unknown (shorthand )?flag: /.test(line),
  );
}

export function missingBuildx() {
  return errorDiagnostic("engine/no-buildx", "the buildx plug-in of Docker is not installed", {
    hint: "install `docker-buildx-plugin` from Docker's repositories, or `docker-buildx` from Debian's",
  });
}

const PLUGIN_DIRECTORIES = [
  "/usr/local/lib/docker/cli-plugins",
  "/usr/local/libexec/docker/cli-plugins",
  "/usr/lib/docker/cli-plugins",
  "/usr/libexec/docker/cli-plugins",
];

/** The plug-in's own binary where it can be found: starting it through docker costs 75 ms more. */
export async function findBuildx(
  host: Host,
): Promise<{ readonly command: string; readonly args: readonly string[] }> {
  const own = path.join(dockerConfigDirectory(host), "cli-plugins");
  for (const folder of [own, ...PLUGIN_DIRECTORIES]) {
    const plugin = path.join(folder, "docker-buildx");
    if ((await host.files.status(plugin))?.type === "file") return { command: plugin, args: [] };
  }
  return { command: "docker", args: ["buildx"] };
}

function buildxEnvironment(endpoint: string, host: Host): Record<string, string> {
  const { DOCKER_CONTEXT: _context, ...inherited } = processEnvironment(host.environment);
  return { ...inherited, DOCKER_HOST: endpoint, BUILDX_NO_DEFAULT_ATTESTATIONS: "1" };
}

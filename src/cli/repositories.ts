import { findCredentials } from "../engines/docker-credentials.ts";
import { type Diagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Host } from "../model/host.ts";
import { parseImageReference } from "../model/image-reference.ts";
import type { Repository, UploadSessions } from "../model/registry.ts";
import type { Result } from "../model/result.ts";
import { isInsecure } from "../registries/address.ts";
import { createRepository } from "../registries/repository.ts";
import { withRegistryFaults } from "../steps/registry-faults.ts";

export type RepositoriesOptions = {
  readonly warn?: (diagnostic: Diagnostic) => void;
  /** Of a repository, by its name. */
  readonly sessionsOf?: (repository: string) => UploadSessions;
};

/** The repositories of a run, each with the token it once got. `docker login` opens them. */
export function createRepositories(
  host: Host,
  { warn = () => {}, sessionsOf }: RepositoriesOptions = {},
): (reference: string) => Repository {
  const known = new Map<string, Repository>();
  return (reference) => {
    const { registry, repository } = parseImageReference(reference);
    const name = `${registry}/${repository}`;
    const found =
      known.get(name) ??
      createRepository({
        registry,
        repository,
        network: host.network,
        clock: host.clock,
        random: host.random,
        findCredentials: () => findCredentials(registry, host),
        onRetry: (fault, pauseMs, attempt) => warn(wordRetry(registry, fault, pauseMs, attempt)),
        insecure: isInsecure(registry, host.environment.MLPACKAGE_INSECURE_REGISTRIES),
        ...(sessionsOf && { sessions: sessionsOf(name) }),
      });
    known.set(name, found);
    return found;
  };
}

function wordRetry(registry: string, { message }: Error, pauseMs: number, attempt: number): Diagnostic {
  const seconds = (pauseMs / 1000).toFixed(1);
  const words = `the registry ${registry}: ${message}; trying again in ${seconds} s (attempt ${attempt})`;
  return warningDiagnostic("registry/tried-again", words, {
    hint: "nothing to do: this run tries again by itself",
  });
}

/** The digest that a registry has under a reference; undefined where it has none. */
export function resolveReference(
  reference: string,
  repositoryOf: (reference: string) => Repository,
  signal: AbortSignal,
): Promise<Result<string | undefined>> {
  const { tag = "latest" } = parseImageReference(reference);
  return withRegistryFaults(reference, () => repositoryOf(reference).findManifest(tag, signal));
}

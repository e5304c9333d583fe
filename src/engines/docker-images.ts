import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { isDigest } from "../model/digest.ts";
import type { EngineImage, ImageIdentity, ImageStore } from "../model/engine.ts";
import type { Host } from "../model/host.ts";
import { nameOf, parseImageReference } from "../model/image-reference.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { type DockerApi, DockerApiError } from "./docker-api.ts";
import { findCredentials, registryAuthHeader } from "./docker-credentials.ts";
import { shareRecentAnswers } from "./recent-answers.ts";

type ImageDetails = {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly RepoDigests: readonly string[] | null;
  readonly Size: number;
};

type Layer = { readonly Id: string; readonly Tags: readonly string[] | null };

type ProgressMessage = {
  readonly id?: string;
  readonly status?: string;
  readonly progress?: string;
  readonly error?: string;
  /** What `docker load` prints, also of what went wrong. */
  readonly stream?: string;
};

export function createImageStore(api: DockerApi, host: Host): ImageStore {
  const authHeader = async (reference: string) => {
    const { registry } = parseImageReference(reference);
    return registryAuthHeader(registry, await findCredentials(registry, host));
  };

  async function describe(reference: string): Promise<EngineImage | undefined> {
    const details = await api.find<ImageDetails>(`/images/${encodeURIComponent(reference)}/json`);
    return (
      details && {
        id: details.Id,
        tags: details.RepoTags ?? [],
        repositoryDigests: details.RepoDigests ?? [],
        sizeBytes: details.Size,
      }
    );
  }

  /** An image's history begins with its names, and takes the engine less to tell than all it knows of the image. */
  async function askForNames(reference: string): Promise<ImageIdentity | undefined> {
    try {
      const path = `/images/${encodeURIComponent(reference)}/history`;
      const [latest] = (await api.json<readonly Layer[] | null>(path)) ?? [];
      if (isDigest(latest?.Id)) return { id: latest.Id, tags: latest.Tags ?? [] };
    } catch (error) {
      if (!(error instanceof DockerApiError)) throw error;
    }
    // Of an image for another platform, which was never unpacked, there may be no history to tell; and not every
    // builder writes one.
    return describe(reference);
  }

  const { identify, forget } = shareRecentAnswers(askForNames, host.clock);

  async function resolve(reference: string): Promise<Result<string | undefined>> {
    try {
      const found = await api.json<{ Descriptor: { digest: string } }>(
        `/distribution/${encodeURIComponent(reference)}/json`,
        { headers: await authHeader(reference), timeoutMs: 60_000 },
      );
      return succeed(found.Descriptor.digest);
    } catch (error) {
      if (!(error instanceof DockerApiError)) throw error;
      if (/not found|manifest unknown|name unknown/i.test(error.message)) return succeed(undefined);
      return fail(wordRegistryError(reference, error.message));
    }
  }

  async function tag(id: string, reference: string): Promise<Result<void>> {
    const repo = nameOf(reference);
    const { tag: tagName = "latest" } = parseImageReference(reference);
    try {
      await api.json(`/images/${encodeURIComponent(id)}/tag`, {
        method: "POST",
        query: { repo, tag: tagName },
      });
      return succeed(undefined);
    } catch (error) {
      if (!(error instanceof DockerApiError)) throw error;
      return fail(
        errorDiagnostic(
          "engine/tag-refused",
          `the engine refused the tag \`${reference}\`: ${error.message}`,
          { hint: "correct the tag below `outputs`" },
        ),
      );
    } finally {
      forget();
    }
  }

  async function load(
    archive: AsyncIterable<Uint8Array>,
    ids: readonly string[],
    onProgress: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Result<string>> {
    const faults: string[] = [];
    try {
      const request = { method: "POST" as const, content: archive, signal };
      for await (const message of api.messages<ProgressMessage>("/images/load", request)) {
        if (message.error !== undefined) faults.push(message.error);
        if (message.stream !== undefined) faults.push(...faultsIn(message.stream));
        if (message.status !== undefined)
          onProgress([message.status, message.progress].filter(Boolean).join(" "));
      }
    } catch (error) {
      if (!(error instanceof DockerApiError)) throw error;
      faults.push(error.message);
    } finally {
      forget();
    }
    for (const id of ids) {
      const found = await askForNames(id);
      if (found !== undefined && faults.length === 0) return succeed(found.id);
      // Listed, and not to be run.
      if (found !== undefined) await remove(found.id);
    }
    return fail(wordLoadFailure(faults));
  }

  async function remove(id: string): Promise<void> {
    try {
      await api.find(`/images/${encodeURIComponent(id)}`, { method: "DELETE", query: { force: "1" } });
    } catch (error) {
      if (!(error instanceof DockerApiError)) throw error;
    } finally {
      forget();
    }
  }

  async function pull(
    reference: string,
    onProgress: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    const { tag: tagName, digest } = parseImageReference(reference);
    const query = { fromImage: nameOf(reference), tag: digest ?? tagName ?? "latest" };
    const request = { method: "POST" as const, query, headers: await authHeader(reference), signal };
    const done = await transfer(
      reference,
      api.messages<ProgressMessage>("/images/create", request),
      onProgress,
    );
    forget();
    return done;
  }

  /** Asked for when its first bytes are: a request whose answer nobody reads would keep the process alive. */
  async function* exportImages(
    references: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const response = await api.open("/images/get", { query: { names: references }, signal });
    try {
      yield* response.body;
    } finally {
      response.discard();
    }
  }

  return { identify, describe, resolve, tag, load, pull, export: exportImages };
}

/** The engine takes a tar with 200, and says in its answer that it could make nothing of it. */
function faultsIn(text: string): readonly string[] {
  return /error|failed/i.test(text) ? [text.trim()] : [];
}

function wordLoadFailure(faults: readonly string[]): Diagnostic {
  const isFull = faults.some((fault) => /no space left/i.test(fault));
  return errorDiagnostic("engine/load-failed", "the engine did not accept the image", {
    excerpt: faults.slice(0, 5),
    details: { full: isFull },
    hint: isFull
      ? "the engine's disk is full: type `docker system prune` to make room"
      : "type `mlpackage doctor` to check the engine",
  });
}

/** Follows a pull to its end. */
async function transfer(
  reference: string,
  messages: AsyncIterable<ProgressMessage>,
  onProgress: (text: string) => void,
): Promise<Result<void>> {
  try {
    for await (const message of messages) {
      if (message.error !== undefined) return fail(wordRegistryError(reference, message.error));
      if (message.status !== undefined)
        onProgress([message.id, message.status, message.progress].filter(Boolean).join(" "));
    }
    return succeed(undefined);
  } catch (error) {
    if (error instanceof DockerApiError) return fail(wordRegistryError(reference, error.message));
    throw error;
  }
}

const AGAIN = "apply again; type `mlpackage doctor` if it happens again";

/** Names the registry and the reason; the engine's own words follow as the excerpt. */
function wordRegistryError(reference: string, words: string): Diagnostic {
  const { registry } = parseImageReference(reference);
  const excerpt = [words];
  if (/unauthorized|authentication required|no basic auth|denied/i.test(words)) {
    return errorDiagnostic(
      "registry/refused",
      `the registry ${registry} refuses access to \`${reference}\``,
      {
        excerpt,
        hint: `log in with \`docker login${registry === "docker.io" ? "" : ` ${registry}`}\`, or check that the account may write there`,
      },
    );
  }
  if (
    /no such host|connection refused|connection reset|i\/o timeout|network is unreachable|deadline exceeded|EOF/i.test(
      words,
    )
  ) {
    return errorDiagnostic("registry/unreachable", `the registry ${registry} does not answer`, {
      excerpt,
      details: { transient: !/no such host/i.test(words) },
      hint: `check the name in \`${reference}\` and the network the engine runs in`,
    });
  }
  if (/not found|manifest unknown|name unknown/i.test(words)) {
    return errorDiagnostic("registry/not-found", `the registry ${registry} has no \`${reference}\``, {
      excerpt,
      hint: `correct the name or the tag, or type \`docker login ${registry}\` if it is private`,
    });
  }
  return errorDiagnostic(
    "registry/failed",
    `a request to the registry ${registry} failed for \`${reference}\``,
    {
      excerpt,
      hint: AGAIN,
      details: { transient: /\b(429|5\d\d)\b|too many requests|unavailable/i.test(words) },
    },
  );
}

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
  readonly aux?: { readonly Digest?: string };
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
        ),
      );
    } finally {
      forget();
    }
  }

  /** A store drops an image together with its last name, unless a container uses it: one that never starts will do. */
  async function untag(reference: string): Promise<void> {
    const image = await askForNames(reference);
    if (image === undefined) return;
    const body = { Image: image.id, Cmd: ["-"], Labels: { "org.mlpackage.role": "holder" } };
    const holder = await api.json<{ Id: string }>("/containers/create", { method: "POST", body });
    try {
      const query = { noprune: "1", force: "1" };
      await api.find(`/images/${encodeURIComponent(reference)}`, { method: "DELETE", query });
    } finally {
      forget();
      await api.find(`/containers/${holder.Id}`, { method: "DELETE", query: { force: "1", v: "1" } });
    }
  }

  async function push(
    reference: string,
    onProgress: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Result<string>> {
    const { tag: tagName = "latest" } = parseImageReference(reference);
    const path = `/images/${encodeURIComponent(nameOf(reference))}/push`;
    const request = {
      method: "POST" as const,
      query: { tag: tagName },
      headers: await authHeader(reference),
      signal,
    };
    return transfer(reference, api.messages<ProgressMessage>(path, request), onProgress);
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
    return done.ok ? succeed(undefined) : done;
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

  return { identify, describe, resolve, tag, untag, push, pull, export: exportImages };
}

/** Follows a push or a pull to its end; gives the digest the registry told, or an empty string where it told none. */
async function transfer(
  reference: string,
  messages: AsyncIterable<ProgressMessage>,
  onProgress: (text: string) => void,
): Promise<Result<string>> {
  let digest = "";
  try {
    for await (const message of messages) {
      if (message.error !== undefined) return fail(wordRegistryError(reference, message.error));
      digest = message.aux?.Digest ?? digestTold(message.status) ?? digest;
      if (message.status !== undefined)
        onProgress([message.id, message.status, message.progress].filter(Boolean).join(" "));
    }
    return succeed(digest);
  } catch (error) {
    if (error instanceof DockerApiError) return fail(wordRegistryError(reference, error.message));
    throw error;
  }
}

/** The containerd store tells the digest of what it pushed in words alone: `1.0: digest: sha256:… size: 1412`. */
function digestTold(status = ""): string | undefined {
  return /^\S+: digest: (sha256:[0-9a-f]{64}) size: \d+$/.exec(status)?.[1];
}

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
    });
  }
  return errorDiagnostic(
    "registry/failed",
    `the registry ${registry} did not take or give \`${reference}\``,
    { excerpt, details: { transient: /\b(429|5\d\d)\b|too many requests|unavailable/i.test(words) } },
  );
}

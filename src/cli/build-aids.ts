import path from "node:path";
import type { Config, LayerCacheConfig, SecretConfig } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { BuildSecret, LayerCache } from "../model/engine.ts";
import type { Host } from "../model/host.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import type { BuildAids } from "../model/step-kind.ts";

/** BuildKit takes no more. */
const MOST_SECRET_BYTES = 500 * 1024;

/**
 * What builds use besides their inputs, as the configuration names it.
 *
 * Errors: `cli/no-secret`, `cli/unfit-secret`. Neither has a value in it.
 */
export function createBuildAids({ build, directory }: Config, host: Host): BuildAids {
  const cachesOf = (caches: readonly LayerCacheConfig[]) =>
    caches.map((cache) => withPlaces(cache, directory));
  return {
    readSecrets: async (ids) => {
      const wanted = build.secrets.filter(({ id }) => ids.includes(id));
      return combine(await Promise.all(wanted.map((secret) => readSecret(secret, directory, host))));
    },
    cacheFrom: cachesOf(build.cacheFrom),
    cacheTo: cachesOf(build.cacheTo).map((cache) => ({ ...cache, ...UNCOMPRESSED })),
  };
}

/** A layer that comes back in other bytes makes another image; and to compress it may take longer than to send it. */
const UNCOMPRESSED = { compression: "uncompressed" };

function withPlaces({ type, attributes }: LayerCacheConfig, directory: string): LayerCache {
  if (type !== "local") return { type, ...attributes };
  const placed = Object.entries(attributes).map(([name, value]) => {
    const isPlace = name === "src" || name === "dest";
    return [name, isPlace ? path.join(directory, value) : value];
  });
  return { type, ...Object.fromEntries(placed) };
}

async function readSecret(secret: SecretConfig, directory: string, host: Host): Promise<Result<BuildSecret>> {
  const { id, source, login } = secret;
  const found =
    "env" in source ? readVariable(secret, source.env, host) : await readFile(secret, directory, host);
  if (!found.ok) return found;
  const unfit = login === undefined ? undefined : wordUnfit(secret, found.value.value);
  if (unfit !== undefined) return fail(unfit);
  return succeed({ id, ...found.value, ...(login !== undefined && { username: login.username }) });
}

type Found = Pick<BuildSecret, "value" | "file">;

function readVariable(secret: SecretConfig, name: string, { environment }: Host): Result<Found> {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (value === undefined || value === "") {
    const state = value === undefined ? "is not set" : "is empty";
    return fail(wordMissing(secret, `\`${name}\` ${state}`, `\`export ${name}=...\`, or have CI set it`));
  }
  if (Buffer.byteLength(value) > MOST_SECRET_BYTES) return fail(wordLong(secret));
  return succeed({ value });
}

async function readFile(
  secret: SecretConfig,
  directory: string,
  { files, environment }: Host,
): Promise<Result<Found>> {
  const { source } = secret;
  const name = "file" in source ? source.file : "";
  const file = path.resolve(directory, name.replace(/^~(?=\/)/, environment.HOME ?? "/root"));
  const hint = "write the secret into that file, or correct the path";
  try {
    const status = await files.status(file);
    if (status?.type !== "file") {
      const state = status === undefined ? "does not exist" : "is no file";
      return fail(wordMissing(secret, `\`${name}\` ${state}`, hint));
    }
    if (status.size > MOST_SECRET_BYTES) return fail(wordLong(secret));
    const value = await files.readText(file);
    return value.trim() === ""
      ? fail(wordMissing(secret, `\`${name}\` is empty`, hint))
      : succeed({ value, file });
  } catch (error) {
    const { code = "", syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    return fail(wordMissing(secret, `\`${name}\` cannot be read (${code})`, hint));
  }
}

function wordMissing(secret: SecretConfig, problem: string, hint: string): Diagnostic {
  const message = `the secret \`${secret.id}\` is missing: ${problem}`;
  return errorDiagnostic("cli/no-secret", message, { path: pointerOf(secret), hint });
}

function wordLong(secret: SecretConfig): Diagnostic {
  return errorDiagnostic("cli/unfit-secret", `the secret \`${secret.id}\` is larger than 500 KiB`, {
    path: pointerOf(secret),
    hint: "name a file with the secret alone: BuildKit takes no larger ones",
  });
}

/** The file that pip reads passwords from has no way to write these that every Python reads alike. */
function wordUnfit(secret: SecretConfig, value: string): Diagnostic | undefined {
  if (/^(?!")[\x21-\x5b\x5d-\x7e]+$/.test(value.replace(/[\r\n]+$/, ""))) return undefined;
  const message = `the secret \`${secret.id}\` cannot be passed to pip: it has a space, a backslash, a leading quote or a non-ASCII character`;
  return errorDiagnostic("cli/unfit-secret", message, {
    path: pointerOf(secret),
    hint: "set it to the password or the token alone, or create another token at the index",
  });
}

function pointerOf({ pointer, source }: SecretConfig): string {
  return `${pointer}/${"env" in source ? "env" : "file"}`;
}

import path from "node:path";
import { fileURLToPath } from "node:url";
import { createSharedFolder } from "../caches/shared/shared-folder.ts";
import type { SharedPlace } from "../caches/shared/shared-place.ts";
import { createSharedRepository } from "../caches/shared/shared-repository.ts";
import { createSharedServer } from "../caches/shared/shared-server.ts";
import { findCredentials } from "../engines/docker-credentials.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Host } from "../model/host.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import { readSigningKey, readVerifyingKey, type SigningKey, type VerifyingKey } from "../model/signature.ts";
import { isInsecure } from "../registries/address.ts";
import { createRepository } from "../registries/repository.ts";

/** What paths of keys are relative to. */
export type KeyPlace = { readonly host: Host; readonly workingDirectory: string };

export type Settings = {
  readonly place: SharedPlace;
  readonly isWritten: boolean;
  readonly signingKey: SigningKey | undefined;
  readonly trustedKeys: readonly VerifyingKey[];
};

/**
 * What the environment says, or all that is wrong with it; undefined where it names no cache.
 *
 * `MLPACKAGE_SHARED_CACHE` is an absolute path, a `file:` address, `oci://` and a repository, or the address of a web
 * server, with user and password where it wants them; `MLPACKAGE_SHARED_CACHE_TOKEN` is sent to such as `Bearer`.
 * `MLPACKAGE_SHARED_CACHE_MODE` is `read` or `write`. `MLPACKAGE_SHARED_CACHE_SIGNING_KEY` and
 * `MLPACKAGE_SHARED_CACHE_TRUSTED_KEYS` name PEM files.
 *
 * Errors: `cli/shared-cache-address`, `cli/shared-cache-credentials`, `cli/shared-cache-mode`, `cli/shared-cache-key`.
 * None of them has a credential in it.
 */
export async function readSettings(options: KeyPlace): Promise<Result<Settings> | undefined> {
  const { host } = options;
  const settings = settingsOf(host.environment);
  if (settings.address === undefined) return undefined;
  const [place, isWritten] = [placeOf(settings.address, settings.token, host), isWrittenOf(settings.mode)];
  const [signingKey, trustedKeys] = [
    await signingKeyOf(settings.signingKey, options),
    await trustedKeysOf(settings.trustedKeys, options),
  ];
  if (place.ok && isWritten.ok && signingKey.ok && trustedKeys.ok) {
    return succeed({
      place: place.value,
      isWritten: isWritten.value,
      signingKey: signingKey.value,
      trustedKeys: trustedKeys.value,
    });
  }
  const problems = [place, isWritten, signingKey, trustedKeys];
  return fail(...problems.flatMap((problem) => (problem.ok ? [] : problem.diagnostics)));
}

function settingsOf(environment: Host["environment"]) {
  const given = (name: string): string | undefined => environment[name] || undefined;
  return {
    address: given("MLPACKAGE_SHARED_CACHE"),
    token: given("MLPACKAGE_SHARED_CACHE_TOKEN"),
    mode: given("MLPACKAGE_SHARED_CACHE_MODE"),
    signingKey: given("MLPACKAGE_SHARED_CACHE_SIGNING_KEY"),
    trustedKeys: given("MLPACKAGE_SHARED_CACHE_TRUSTED_KEYS"),
  };
}

function placeOf(address: string, token: string | undefined, host: Host): Result<SharedPlace> {
  const { files, network } = host;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const directory = path.isAbsolute(address) ? path.resolve(address) : folderOf(url);
  if (directory !== undefined) return succeed(createSharedFolder({ directory, files }));
  if (url === undefined || isMoreThanPath(url)) return fail(wordAddress());
  if (url.protocol === "oci:") return openRepository(url, token, host);
  if (!/^https?:$/.test(url.protocol)) return fail(wordAddress());
  const authorization = authorizationOf(url, token);
  if (!authorization.ok) return authorization;
  return succeed(
    createSharedServer({
      url: `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
      ...(authorization.value !== undefined && { authorization: authorization.value }),
      network,
    }),
  );
}

/** A repository of a container registry, with what `docker login` keeps for it. */
function openRepository(url: URL, token: string | undefined, host: Host): Result<SharedPlace> {
  const repository = url.pathname.slice(1);
  if (!URL.canParse(`https://${url.host}`) || !/^[a-z0-9]+((\.|_|__|-+|\/)[a-z0-9]+)*$/.test(repository))
    return fail(wordAddress());
  if (url.username !== "" || url.password !== "" || token !== undefined)
    return fail(wordRegistryLogin(url.host));
  const findOurs = () => findCredentials(url.host, host);
  return succeed(
    createSharedRepository(
      createRepository({
        registry: url.host,
        repository,
        network: host.network,
        clock: host.clock,
        random: host.random,
        findCredentials: findOurs,
        insecure: isInsecure(url.host, host.environment.MLPACKAGE_INSECURE_REGISTRIES),
        // It has a patience of its own, and contents that can only be read from their beginning.
        attempts: 1,
        monolithicUpTo: Number.POSITIVE_INFINITY,
      }),
    ),
  );
}

function wordRegistryLogin(registry: string): Diagnostic {
  return errorDiagnostic(
    "cli/shared-cache-credentials",
    "a registry as the shared cache uses the credentials of `docker login` only",
    { hint: `unset the others, and type \`docker login ${registry}\`` },
  );
}

function folderOf(url: URL | undefined): string | undefined {
  if (url?.protocol !== "file:" || url.host !== "" || isMoreThanPath(url)) return undefined;
  try {
    return path.resolve(fileURLToPath(url));
  } catch {
    // An encoded slash.
    return undefined;
  }
}

function isMoreThanPath({ search, hash }: URL): boolean {
  return search !== "" || hash !== "";
}

/** The address itself is not said again: it may have a password in it. */
function wordAddress(): Diagnostic {
  return errorDiagnostic(
    "cli/shared-cache-address",
    "`MLPACKAGE_SHARED_CACHE` is not an absolute path or the address of a server or registry",
    {
      hint: "write `/mnt/cache`, `file:///mnt/cache`, `https://cache.example.com` or `oci://registry.example.com/team/cache`",
    },
  );
}

function authorizationOf({ username, password }: URL, token: string | undefined): Result<string | undefined> {
  const hasUser = username !== "" || password !== "";
  if (hasUser && token !== undefined) {
    return fail(
      errorDiagnostic(
        "cli/shared-cache-credentials",
        "`MLPACKAGE_SHARED_CACHE` contains a password, and `MLPACKAGE_SHARED_CACHE_TOKEN` is set too",
        { hint: "keep one of them, and remove the other" },
      ),
    );
  }
  if (token !== undefined)
    return /^[\x21-\x7e]+$/.test(token) ? succeed(`Bearer ${token}`) : fail(wordToken());
  if (!hasUser) return succeed(undefined);
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return succeed(`Basic ${Buffer.from(pair).toString("base64")}`);
  } catch {
    return fail(
      errorDiagnostic(
        "cli/shared-cache-credentials",
        "the user or the password in `MLPACKAGE_SHARED_CACHE` cannot be read",
        { hint: "write `%25` for each `%` in them" },
      ),
    );
  }
}

function wordToken(): Diagnostic {
  return errorDiagnostic(
    "cli/shared-cache-credentials",
    "`MLPACKAGE_SHARED_CACHE_TOKEN` contains an invalid character",
    { hint: "set it again without the line break or space at its end" },
  );
}

function isWrittenOf(mode = "read"): Result<boolean> {
  if (mode === "read" || mode === "write") return succeed(mode === "write");
  return fail(
    errorDiagnostic(
      "cli/shared-cache-mode",
      `\`MLPACKAGE_SHARED_CACHE_MODE\` is \`${mode}\`, which is not a mode`,
      { hint: "set it to `read`, or to `write` to upload as well" },
    ),
  );
}

async function signingKeyOf(
  file: string | undefined,
  options: KeyPlace,
): Promise<Result<SigningKey | undefined>> {
  if (file === undefined) return succeed(undefined);
  const variable = "MLPACKAGE_SHARED_CACHE_SIGNING_KEY";
  const what = "no Ed25519 private key in PEM, without a passphrase";
  const hint = "type `openssl genpkey -algorithm ed25519 -out cache.key` to make one";
  return readKey(file, readSigningKey, { variable, what, hint }, options);
}

async function trustedKeysOf(
  files: string | undefined,
  options: KeyPlace,
): Promise<Result<readonly VerifyingKey[]>> {
  const variable = "MLPACKAGE_SHARED_CACHE_TRUSTED_KEYS";
  const what = "no Ed25519 public key in PEM";
  const hint = "type `openssl pkey -in cache.key -pubout -out cache.pub` to make it from the private key";
  const named = files?.split(path.delimiter).filter((file) => file !== "") ?? [];
  return combine(
    await Promise.all(
      named.map((file) => readKey(file, readVerifyingKey, { variable, what, hint }, options)),
    ),
  );
}

type KeyWords = { readonly variable: string; readonly what: string; readonly hint: string };

async function readKey<Key>(
  file: string,
  read: (pem: string) => Key | undefined,
  { variable, what, hint }: KeyWords,
  { host, workingDirectory }: KeyPlace,
): Promise<Result<Key>> {
  const place = path.resolve(workingDirectory, file);
  const refuse = (problem: string): Result<Key> =>
    fail(errorDiagnostic("cli/shared-cache-key", `\`${variable}\`: ${problem}`, { hint }));
  try {
    const key = read(await host.files.readText(place));
    return key === undefined ? refuse(`\`${place}\` has ${what}`) : succeed(key);
  } catch (error) {
    const { code = "", syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    return refuse(`\`${place}\` cannot be read (${code})`);
  }
}

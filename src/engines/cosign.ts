import path from "node:path";
import type { Signer, SigningRequest } from "../model/attestation.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Host, ProcessResult } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { processEnvironment } from "./process-environment.ts";

/** A key is had in a moment, or from a service on the network. */
const TIMEOUT_MS = 60_000;

/** What cosign is given to find keys by, beside what every program is: passwords, and the ways to key services. */
const KEY_VARIABLES = /^(COSIGN|VAULT|GITLAB)_|^(TRANSIT_SECRET_ENGINE_PATH|KUBECONFIG)$/;

/** No log of signatures and no authority of time has a part in it: nobody is asked for either. */
const NO_SERVICES = {
  "signing-config": '{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json"}',
  "trusted-root": '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}',
} as const;

/**
 * Signs with cosign, from version 3 on. It is given texts and gives back bundles: it speaks to no registry, whose
 * address, credentials and certificates it need not know. Paths are relative to `directory`.
 */
export function createCosign(host: Host, directory: string): Signer {
  function run(key: string, args: readonly string[], signal: AbortSignal): Promise<ProcessResult> {
    const environment = keyEnvironment(key, host.environment);
    return host.processes.run({
      command: "cosign",
      args,
      directory,
      environment,
      signal,
      timeoutMs: TIMEOUT_MS,
    });
  }

  async function publicKeyOf(key: string, signal: AbortSignal): Promise<Result<string>> {
    if (!isReference(key) && (await host.files.status(path.resolve(directory, key)))?.type !== "file")
      return fail(wordNoKey(key, []));
    const ended = await run(key, ["public-key", "--key", key], signal);
    return ended.exitCode === 0 ? succeed(ended.stdout) : fail(...wordFailure(ended, key, host));
  }

  async function sign({ statement, key, workDirectory, signal }: SigningRequest): Promise<Result<string>> {
    const place = (name: string) => path.join(workDirectory, name);
    await host.files.writeAtomically(place("statement"), statement);
    for (const [name, text] of Object.entries(NO_SERVICES))
      await host.files.writeAtomically(place(name), text);
    const services = Object.keys(NO_SERVICES).flatMap((name) => [`--${name}`, place(name)]);
    const named = ["--statement", place("statement"), "--bundle", place("bundle")];
    const ended = await run(key, ["attest-blob", "--yes", "--key", key, ...services, ...named], signal);
    if (ended.exitCode !== 0) return fail(...wordFailure(ended, key, host));
    return succeed(await host.files.readText(place("bundle")));
  }

  return { publicKeyOf, sign };
}

/** `env://NAME`, `awskms://…`; anything else is a path. */
function isReference(key: string): boolean {
  return /^[a-z0-9]+:\/\//i.test(key);
}

function keyEnvironment(key: string, environment: Host["environment"]): Record<string, string> {
  const [, named] = /^env:\/\/(.+)$/.exec(key) ?? [];
  const forKeys = Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && (name === named || KEY_VARIABLES.test(name)) ? [[name, value] as const] : [],
  );
  return { ...processEnvironment(environment), ...Object.fromEntries(forKeys) };
}

function wordFailure(ended: ProcessResult, key: string, host: Host): readonly Diagnostic[] {
  switch (ended.failure) {
    case "aborted":
      return [];
    case "not-found": {
      const hint = "install cosign 3 or newer, or remove `sign`";
      return [
        errorDiagnostic("sign/no-cosign", "`cosign` is not installed, and the image is to be signed", {
          hint,
        }),
      ];
    }
    case "timed-out": {
      const message = `cosign did not end within ${TIMEOUT_MS / 1000} s`;
      return [
        errorDiagnostic("sign/failed", message, { hint: `check that the key \`${key}\` can be reached` }),
      ];
    }
    default:
      return [wordRefusal(ended.stderr, key, host)];
  }
}

function wordRefusal(stderr: string, key: string, host: Host): Diagnostic {
  if (/unknown (shorthand )?flag|unknown command/.test(stderr)) {
    return errorDiagnostic("sign/old-cosign", "the installed `cosign` is too old", {
      excerpt: linesOf(stderr),
      hint: "install cosign 3 or newer",
    });
  }
  // Without a password it would ask at the terminal, which it is not given.
  if (!/decryption failed|inappropriate ioctl|reading password/i.test(stderr))
    return wordNoKey(key, linesOf(stderr));
  const isSet = host.environment.COSIGN_PASSWORD !== undefined;
  const message = isSet
    ? `the password in COSIGN_PASSWORD does not fit the key \`${key}\``
    : `the key \`${key}\` has a password, and COSIGN_PASSWORD is not set`;
  return errorDiagnostic("sign/wrong-password", message, {
    hint: "set COSIGN_PASSWORD to the password of the key, empty if it has none",
  });
}

function wordNoKey(key: string, excerpt: readonly string[]): Diagnostic {
  return errorDiagnostic("sign/no-key", `there is no cosign private key at \`${key}\``, {
    excerpt,
    hint: "type `cosign generate-key-pair` to make `cosign.key`, or write `env://NAME` for a key in a variable",
  });
}

/** What cosign says of its own, once: it says all twice. None of it holds a key or a password. */
function linesOf(stderr: string): readonly string[] {
  const lines = stderr.split("\n").flatMap((line) => /^Error: (.+)$/.exec(line)?.[1] ?? []);
  return [...new Set(lines)].slice(0, 3);
}

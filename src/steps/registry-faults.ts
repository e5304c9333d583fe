import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { NetworkError } from "../model/host.ts";
import { parseImageReference } from "../model/image-reference.ts";
import { RegistryError } from "../model/registry.ts";
import { fail, type Result, succeed } from "../model/result.ts";

/** The base image cannot be had whole; its registry need not be the one that an image is sent to. */
export class BaseFault extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(({ message }) => message).join("; "));
    this.name = "BaseFault";
    this.diagnostics = diagnostics;
  }
}

/**
 * Words what a registry, or the way to it, says no with. What may pass has been tried again by then.
 *
 * Errors: `registry/refused`, `registry/failed`, `registry/unreachable`.
 */
export async function withRegistryFaults<T>(reference: string, act: () => Promise<T>): Promise<Result<T>> {
  try {
    return succeed(await act());
  } catch (error) {
    if (error instanceof RegistryError) return fail(wordRefusal(reference, error));
    if (error instanceof NetworkError && error.code !== "ABORT_ERR")
      return fail(wordSilence(reference, error));
    throw error;
  }
}

function wordRefusal(reference: string, { status, message }: RegistryError): Diagnostic {
  const { registry } = parseImageReference(reference);
  const excerpt = [message];
  if (status === 401 || status === 403) {
    return errorDiagnostic(
      "registry/refused",
      `the registry ${registry} refuses access to \`${reference}\``,
      {
        excerpt,
        hint: `log in with \`docker login${registry === "docker.io" ? "" : ` ${registry}`}\`, or check that the account may write there`,
      },
    );
  }
  return errorDiagnostic(
    "registry/failed",
    `a request to the registry ${registry} failed for \`${reference}\``,
    {
      excerpt,
      hint: "apply again; type `mlpackage doctor` if it happens again",
    },
  );
}

function wordSilence(reference: string, { message }: NetworkError): Diagnostic {
  const { registry } = parseImageReference(reference);
  return errorDiagnostic("registry/unreachable", `the registry ${registry} does not answer`, {
    excerpt: [message],
    hint: `check the name in \`${reference}\`, and the network`,
  });
}

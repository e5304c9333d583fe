import { NetworkError } from "../../model/host.ts";
import { SourceFault } from "../../model/place.ts";
import type { SourceContext } from "../../model/source.ts";
import { headersOf, send } from "./transport.ts";

/** As Azure's libraries want it; `expiresOnTimestamp` is in milliseconds since the epoch. */
export type AzureToken = { readonly token: string; readonly expiresOnTimestamp: number };

/** A token that soon expires is not used for a transfer that may take longer. */
const RENEWED_BEFORE_MS = 5 * 60_000;

/** Where a machine of Azure's asks who it is; on any other, nobody answers there. */
const MACHINE = "http://169.254.169.254/";

/** What the chain found, by scope: some of its members start a program for each token. */
const tokens = new Map<string, AzureToken>();

/**
 * A token of Microsoft Entra for a scope, by the default chain of Azure's own library: the variables of a service
 * principal, a workload's or a machine's own identity, who is logged in with `az`, `pwsh` or `azd`. The chain reads the
 * variables of this process itself. Undefined where none of them has anything to say; the requests it sends go through
 * the host.
 *
 * Errors: `source/azure-login`; rejects with a `NetworkError` where the network kept one of them from an answer.
 */
export async function findToken(
  scope: string,
  { host, signal }: SourceContext,
): Promise<AzureToken | undefined> {
  const known = tokens.get(scope);
  if (known !== undefined && known.expiresOnTimestamp - RENEWED_BEFORE_MS > host.clock.now()) return known;
  const { DefaultAzureCredential } = await import("@azure/identity");
  let fault: NetworkError | undefined;
  const chain = new DefaultAzureCredential({
    retryOptions: { maxRetries: 0 },
    httpClient: {
      sendRequest: async (request) => {
        const sending = send(request, request.headers.toJSON(), { network: host.network, signal });
        const sent = await sending.catch((error) => {
          if (error instanceof NetworkError && !request.url.startsWith(MACHINE)) fault = error;
          throw error;
        });
        return { ...sent, request, headers: headersOf(sent.headers) };
      },
    },
  });
  try {
    const found = await chain.getToken(scope);
    tokens.set(scope, found);
    return found;
  } catch (error) {
    if (fault !== undefined) throw fault;
    if (isUnavailable(error as Error)) return undefined;
    throw wordLogin();
  }
}

/** None of the chain is set up, which is not the same as being turned away. */
function isUnavailable({ name, errors = [] }: Error & { readonly errors?: readonly Error[] }): boolean {
  if (name === "CredentialUnavailableError") return true;
  return errors.length > 0 && errors.every((error) => isUnavailable(error));
}

/** What the library says of it may hold parts of what was sent. */
function wordLogin(): SourceFault {
  return new SourceFault(
    "source/azure-login",
    "Microsoft Entra refuses the login",
    "type `az login`, or check `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`; `az account get-access-token` shows whether it works",
  );
}

import type { AuthClient } from "google-auth-library";
import { bytesOf } from "../../model/chunks.ts";
import { type Host, type Network, NetworkError } from "../../model/host.ts";
import { SourceFault } from "../../model/place.ts";

const SCOPE = "https://www.googleapis.com/auth/devstorage.read_only";

const METADATA_TIMEOUT_MS = 3_000;

/** Where Google's serverless platforms say that they are one. */
const PLATFORM_VARIABLES = ["K_SERVICE", "CLOUD_RUN_JOB", "FUNCTION_NAME", "GAE_SERVICE"];

/** A token for the next request; asked again, it is renewed where it has expired. */
export type TokenSource = () => Promise<string>;

/**
 * Who we are to Google, by its own rules for application default credentials: the file in
 * `GOOGLE_APPLICATION_CREDENTIALS`, what `gcloud auth application-default login` left, or the machine. A machine is asked only
 * if it says that it is one of Google's. Undefined where there is nothing: then what is public can be had.
 *
 * Errors: `source/no-credentials`.
 */
export async function findGoogleCredentials(host: Host): Promise<TokenSource | undefined> {
  const { environment, files } = host;
  const { GOOGLE_APPLICATION_CREDENTIALS: named } = environment;
  if (named) return readCredentials(named, host);
  const left = leftByGcloud(environment);
  if (left !== undefined && (await files.status(left))?.type === "file") return readCredentials(left, host);
  return (await isOnGoogle(host)) ? () => askMachine(host) : undefined;
}

function leftByGcloud({ CLOUDSDK_CONFIG, APPDATA, HOME }: Host["environment"]): string | undefined {
  const folder = CLOUDSDK_CONFIG || (APPDATA && `${APPDATA}/gcloud`) || (HOME && `${HOME}/.config/gcloud`);
  return folder ? `${folder}/application_default_credentials.json` : undefined;
}

async function readCredentials(file: string, { files, network }: Host): Promise<TokenSource> {
  try {
    const { GoogleAuth, gaxios } = await import("google-auth-library");
    const transporter = new gaxios.Gaxios({ fetchImplementation: fetchBy(network) });
    const options = { scopes: SCOPE, clientOptions: { transporter } };
    const client = new GoogleAuth(options).fromJSON(JSON.parse(await files.readText(file)), { transporter });
    sendBy(client, transporter);
    return () => tokenOf(client, file);
  } catch (error) {
    // The text of a mistake in JSON has some of the file in it.
    throw wordFault(file, error instanceof SyntaxError ? "it is not JSON" : (error as Error).message);
  }
}

/** Clients inside of a client are made without what the outer one sends by. */
function sendBy(client: AuthClient, transporter: AuthClient["transporter"]): void {
  const parts = client as unknown as Record<string, { transporter?: unknown } | undefined>;
  for (const part of [client, parts.sourceClient, parts.stsCredential])
    if (part !== undefined) part.transporter = transporter;
}

async function tokenOf(client: AuthClient, file: string): Promise<string> {
  try {
    const { token } = await client.getAccessToken();
    if (token) return token;
  } catch (error) {
    const fault = networkErrorIn(error);
    if (fault !== undefined) throw fault;
    throw wordFault(file, (error as Error).message);
  }
  throw wordFault(file, "no token was given for it");
}

/** The library wraps what its requests failed with. */
function networkErrorIn(error: unknown): NetworkError | undefined {
  if (error instanceof NetworkError) return error;
  return error instanceof Error && error.cause !== undefined ? networkErrorIn(error.cause) : undefined;
}

/** `fetch` as the library knows it, over our network. */
function fetchBy(network: Network): typeof fetch {
  return async (input, { method = "GET", headers, body } = {}) => {
    const { status, ...response } = await network.request({
      url: input instanceof Request ? input.url : String(input),
      method,
      headers: Object.fromEntries(new Headers(headers)),
      ...(body !== undefined && body !== null && { body: String(body) }),
    });
    const content = await bytesOf(response.body);
    return new Response(content.length === 0 ? null : new Uint8Array(content), {
      status,
      headers: { ...response.headers },
    });
  };
}

/** What the firmware or the platform says, which needs no network. */
async function isOnGoogle({ environment, files }: Host): Promise<boolean> {
  if (environment.GCE_METADATA_HOST) return true;
  if (PLATFORM_VARIABLES.some((name) => environment[name])) return true;
  const vendor = await files.readText("/sys/class/dmi/id/product_name").catch(() => "");
  return /^Google/.test(vendor);
}

/** The metadata server ("About VM metadata" in the documentation of Compute Engine). */
async function askMachine({ network, environment }: Host): Promise<string> {
  const server = environment.GCE_METADATA_HOST || "metadata.google.internal";
  const response = await network.request({
    url: `http://${server}/computeMetadata/v1/instance/service-accounts/default/token?scopes=${SCOPE}`,
    headers: { "metadata-flavor": "Google" },
    timeoutMs: METADATA_TIMEOUT_MS,
  });
  const text = await response.text();
  if (response.status !== 200) throw wordFault(server, `it answers ${response.status}`);
  return (JSON.parse(text) as { readonly access_token: string }).access_token;
}

function wordFault(where: string, reason: string): SourceFault {
  return new SourceFault(
    "source/no-credentials",
    `\`${where}\` gave no credentials for Cloud Storage: ${reason.split("\n", 1)[0]?.slice(0, 200)}`,
    "type `gcloud auth application-default login`, or set `GOOGLE_APPLICATION_CREDENTIALS` to the file of a service account",
  );
}

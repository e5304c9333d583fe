import { type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { startService } from "./service.ts";

/** The variables by which Azure ML tells its jobs where they run. */
export const WORKSPACE_VARIABLES = {
  AZUREML_ARM_SUBSCRIPTION: "11111111-2222-3333-4444-555555555555",
  AZUREML_ARM_RESOURCEGROUP: "team",
  AZUREML_ARM_WORKSPACE_NAME: "lab",
};

const IDENTITY_HEADER = "853b9a84-5bfa-4b22-a3f3-0b9a43d9ad8a";
const API_VERSIONS = ["2024-04-01", "2024-10-01", "2025-06-01"];

type Properties = Readonly<Record<string, unknown>>;

export type Managed = {
  /** Name → version → what `Model Versions - Get` has as `properties`; the last version is the latest. */
  readonly models: Readonly<Record<string, Readonly<Record<string, Properties>>>>;
  /** Name → what `Datastores - Get` has as `properties`. */
  readonly datastores: Readonly<Record<string, Properties>>;
  /** Name → what `Datastores - List Secrets` answers; where there is none, the caller may not have it. */
  readonly secrets?: Readonly<Record<string, Properties>>;
  /** What answers everything else: Azurite. */
  readonly storage?: string;
};

/**
 * Azure Resource Manager with one workspace, and the endpoint of a managed identity as App Service has it: a token of the
 * one is asked for by the other.
 */
export async function startAzureManagement({ models, datastores, secrets = {}, storage }: Managed) {
  const tokens = new Set<string>();
  const service = await startService((request, response) => {
    const url = new URL(request.url ?? "/", "http://x");
    const isStorage = !/^\/(msi\/token|subscriptions\/.*)$/.test(url.pathname);
    if (isStorage && storage !== undefined) forward(storage, request, response);
    else if (url.pathname === "/msi/token") json(response, findToken(url, request));
    else json(response, findResource(url, request));
  });

  /** "Connect to Azure services in app code" of App Service: `access_token`, and seconds since the epoch as text. */
  function findToken(url: URL, { headers }: IncomingMessage): Found {
    const resource = url.searchParams.get("resource") ?? "";
    const isWhole = url.searchParams.get("api-version") === "2019-08-01" && resource !== "";
    if (!isWhole || headers["x-identity-header"] !== IDENTITY_HEADER)
      return refusal(400, "invalid_request", "No Managed Identity found for the request.");
    const token = `token-of-the-identity-for-${Buffer.from(resource).toString("hex")}`;
    tokens.add(token);
    const expires = Math.floor(Date.now() / 1000) + 86_400;
    return {
      status: 200,
      body: { access_token: token, expires_on: String(expires), resource, token_type: "Bearer" },
    };
  }

  function findResource(url: URL, { headers, method = "GET" }: IncomingMessage): Found {
    const { authorization = "" } = headers;
    if (authorization === "")
      return refusal(401, "AuthenticationFailed", "The 'Authorization' header is missing.");
    if (!tokens.has(authorization.replace(/^Bearer /, "")))
      return refusal(401, "InvalidAuthenticationToken", "The access token is invalid.");
    const version = url.searchParams.get("api-version");
    if (version === null)
      return refusal(400, "MissingApiVersionParameter", "The api-version query parameter is required.");
    if (!API_VERSIONS.includes(version))
      return refusal(400, "InvalidResourceType", `Nothing of that type has the api version '${version}'.`);
    return find(decodeURIComponent(url.pathname), method);
  }

  function find(path: string, method: string): Found {
    const [, subscription, group, workspace] =
      /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/.*\/workspaces\/([^/]+)/i.exec(path) ?? [];
    if (subscription !== WORKSPACE_VARIABLES.AZUREML_ARM_SUBSCRIPTION)
      return missing("SubscriptionNotFound", `The subscription '${subscription}' could not be found.`);
    if (group !== "team")
      return missing("ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
    if (workspace !== "lab")
      return missing(
        "ResourceNotFound",
        `The Resource 'Microsoft.MachineLearningServices/workspaces/${workspace}' under resource group 'team' was not found.`,
      );
    const [, kind, name = "", version, action = ""] =
      /\/workspaces\/lab\/(models|datastores)\/([^/]+)(?:\/versions\/([^/]+)|\/(listSecrets))?$/.exec(path) ??
      [];
    if (kind === "datastores") return findDatastore(name, action, method);
    const versions = kind === "models" && Object.hasOwn(models, name) ? models[name] : undefined;
    if (versions === undefined) return missing("UserError", `Not found model container ${name}.`);
    const latestVersion = Object.keys(versions).at(-1);
    if (version === undefined)
      return found({ id: path, name, properties: { isArchived: false, latestVersion } });
    const properties = versions[version];
    if (properties === undefined) return missing("UserError", `Not found model ${name}:${version}.`);
    return found({ id: path, name: version, properties });
  }

  function findDatastore(name: string, action: string, method: string): Found {
    const properties = datastores[name];
    if (properties === undefined) return missing("UserError", `Could not find datastore: ${name}.`);
    if (action !== "listSecrets") return found({ id: name, name, properties });
    if (method !== "POST") return refusal(405, "MethodNotAllowed", "The resource does not support this.");
    const secret = secrets[name];
    if (secret !== undefined) return found(secret);
    const what = "Microsoft.MachineLearningServices/workspaces/datastores/listsecrets/action";
    return refusal(403, "AuthorizationFailed", `The client may not perform the action '${what}'.`);
  }

  return {
    ...service,
    /** What the identity's own library reads of its process. */
    identity: { IDENTITY_ENDPOINT: `${service.url}/msi/token`, IDENTITY_HEADER },
  };
}

type Found = { readonly status: number; readonly body: unknown };

const found = (body: unknown): Found => ({ status: 200, body });

const missing = (code: string, message: string): Found => refusal(404, code, message);

function refusal(status: number, code: string, message: string): Found {
  return { status, body: { error: { code, message } } };
}

function json(response: ServerResponse, { status, body }: Found): void {
  const text = JSON.stringify(body);
  const headers = { "content-type": "application/json; charset=utf-8" };
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(text) }).end(text);
}

function forward(target: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request;
  const outgoing = send(new URL(request.url ?? "/", target), { method, headers, agent: false });
  outgoing.on("error", () => response.destroy());
  outgoing.on("response", (incoming) => {
    response.writeHead(incoming.statusCode ?? 502, incoming.headers);
    incoming.pipe(response);
  });
  request.pipe(outgoing);
}

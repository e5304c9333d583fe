import { NetworkError } from "../../model/host.ts";
import { Refusal, SourceFault } from "../../model/place.ts";
import type { SourceContext } from "../../model/source.ts";
import {
  ACCOUNT_NAME,
  type AzureAccount,
  accountOfEnvironment,
  endpointOf,
  STORAGE_SUFFIXES,
  sasOf,
} from "./account.ts";
import { findToken } from "./identity.ts";

export type Workspace = { readonly subscription: string; readonly group: string; readonly name: string };

/** A container of Azure Storage that a workspace has a name for. */
export type Datastore = {
  readonly account: { readonly account: string; readonly suffix: string };
  readonly container: string;
  /** The account, opened by a secret of the environment or of the datastore; undefined where neither has one. */
  readonly secret: () => Promise<AzureAccount | undefined>;
};

type ModelWanted = {
  readonly workspace: Workspace;
  readonly name: string;
  /** Undefined for the latest. */
  readonly version: string | undefined;
};

const API_VERSION = "2024-10-01";

/** How much of what Azure says of its refusal is told. */
const MOST_SAID = 200;

/**
 * Where the files of a model are, as its version says it: `azureml://.../datastores/NAME/paths/PATH`. By Azure Resource
 * Manager ("Model Versions - Get", "Model Containers - Get" of the Azure ML REST API).
 *
 * Errors: `source/refused`, `source/azure-login`, `source/azure-endpoint`.
 */
export async function findModelUri(
  { workspace, name, version }: ModelWanted,
  context: SourceContext,
): Promise<{ readonly version: string; readonly uri: string }> {
  const container = `models/${encodeURIComponent(name)}`;
  const hint = `\`az ml model list --name ${name} ${optionsOf(workspace)}\` lists its versions`;
  const found =
    version ?? stringOf(await ask({ workspace, path: container, hint }, context), "latestVersion");
  const path = `${container}/versions/${encodeURIComponent(found)}`;
  return { version: found, uri: stringOf(await ask({ workspace, path, hint }, context), "modelUri") };
}

/**
 * The container behind a datastore. Its key or SAS is asked for once, and only where the environment has no secret of
 * that account; who may not have it comes in by who he is.
 *
 * Errors: as `findModelUri`, and `source/azure-datastore`.
 */
export async function findDatastore(
  workspace: Workspace,
  name: string,
  context: SourceContext,
): Promise<Datastore> {
  const path = `datastores/${encodeURIComponent(name)}`;
  const hint = `\`az ml datastore list ${optionsOf(workspace)}\` lists them`;
  const found = await ask({ workspace, path, hint }, context);
  const { datastoreType, accountName: account, endpoint: suffix, containerName, filesystem } = found;
  const container = datastoreType === "AzureDataLakeGen2" ? filesystem : containerName;
  const isKnown =
    typeof account === "string" &&
    ACCOUNT_NAME.test(account) &&
    typeof suffix === "string" &&
    STORAGE_SUFFIXES.includes(suffix) &&
    typeof container === "string" &&
    /^AzureBlob$|^AzureDataLakeGen2$/.test(String(datastoreType));
  if (!isKnown) throw wordOtherDatastore(name, String(datastoreType));
  const { credentialsType } = (found.credentials ?? {}) as { readonly credentialsType?: string };
  const named = { account, suffix };
  let secret: Promise<AzureAccount | undefined> | undefined;
  return {
    account: named,
    container,
    secret() {
      const ours = accountOfEnvironment(named, context.host.environment);
      if (ours !== undefined || !/^(AccountKey|Sas)$/.test(credentialsType ?? ""))
        return Promise.resolve(ours);
      secret ??= findSecret(named, { workspace, path: `${path}/listSecrets`, hint }, context);
      // What failed is asked for again.
      secret.catch(() => {
        secret = undefined;
      });
      return secret;
    },
  };
}

async function findSecret(
  named: Datastore["account"],
  asked: Asked,
  context: SourceContext,
): Promise<AzureAccount | undefined> {
  try {
    const { key, sasToken } = await askRaw({ ...asked, method: "POST" }, context);
    const endpoint = endpointOf(named);
    if (typeof key === "string") return { endpoint, login: { kind: "key", account: named.account, key } };
    return typeof sasToken === "string" ? { endpoint, login: sasOf(sasToken) } : undefined;
  } catch (error) {
    if (error instanceof Refusal && error.status === 403) return undefined;
    throw error;
  }
}

type Asked = {
  readonly workspace: Workspace;
  /** Below the workspace. */
  readonly path: string;
  readonly method?: "POST";
  /** What to do where there is nothing. */
  readonly hint: string;
};

type Answer = Readonly<Record<string, unknown>>;

async function ask(asked: Asked, context: SourceContext): Promise<Answer> {
  const { properties } = await askRaw(asked, context);
  if (typeof properties !== "object" || properties === null) throw wordNonsense(endpointFrom(context));
  return properties as Answer;
}

async function askRaw(asked: Asked, context: SourceContext): Promise<Answer> {
  const { subscription, group, name } = asked.workspace;
  const manager = endpointFrom(context);
  const [s, g, w] = [subscription, group, name].map(encodeURIComponent);
  const workspace = `/subscriptions/${s}/resourceGroups/${g}/providers/Microsoft.MachineLearningServices/workspaces/${w}`;
  const token = await findToken(`${manager.origin}/.default`, context);
  if (token === undefined) throw wordNobody();
  const response = await context.host.network.request({
    url: `${manager.origin}${workspace}/${asked.path}?api-version=${API_VERSION}`,
    method: asked.method ?? "GET",
    headers: {
      accept: "application/json",
      authorization: `Bearer ${token.token}`,
      ...(asked.method === "POST" && { "content-type": "application/json" }),
    },
    ...(asked.method === "POST" && { body: "{}" }),
    signal: context.signal,
  });
  const text = await response.text();
  if (response.status >= 300) throw refusalOf(manager, asked, response, text);
  return parse(text) ?? raise(wordNonsense(manager));
}

/** Of Azure, or of another of its clouds. What is sent there lets somebody in, so it is encrypted, or stays on this machine. */
function endpointFrom({ host: { environment } }: SourceContext): URL {
  const named = environment.AZURE_RESOURCE_MANAGER_ENDPOINT || "https://management.azure.com";
  const url = URL.canParse(named) ? new URL(named) : undefined;
  const isHere = url !== undefined && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isHere)) return url;
  throw new SourceFault(
    "source/azure-endpoint",
    "`AZURE_RESOURCE_MANAGER_ENDPOINT` is not an `https` address",
    "unset it for the public Azure cloud; `az cloud list --query [].endpoints.resourceManager` lists the others",
  );
}

function parse(text: string): Answer | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Answer) : undefined;
  } catch {
    return undefined;
  }
}

function stringOf(answer: Answer, name: string): string {
  const value = answer[name];
  if (typeof value === "string" && value !== "") return value;
  throw new SourceFault(
    "source/refused",
    `Azure ML gives no \`${name}\` for the model`,
    "add the version to the name; `az ml model show` prints more",
  );
}

function refusalOf(
  { host }: URL,
  { workspace, path, hint }: Asked,
  { status, headers }: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  text: string,
): Refusal {
  const { code = "", message = "" } = (parse(text)?.error ?? {}) as Readonly<Record<string, string>>;
  const said = `${message}`.replace(/\s+/g, " ").slice(0, MOST_SAID);
  const what = `${host} answers ${status}${code && ` (${code})`} for \`${path}\` of the workspace \`${workspace.name}\``;
  return new Refusal(status, said === "" ? what : `${what}: ${said}`, {
    headers,
    hint: hintOf(status, code, workspace) ?? hint,
  });
}

function hintOf(status: number, code: string, { subscription, group, name }: Workspace): string | undefined {
  if (status === 401) return "type `az login`, with `--tenant` if the subscription belongs to another tenant";
  if (status === 403)
    return `give yourself the role "AzureML Data Scientist" or "Reader" in the workspace: \`az role assignment create --role Reader --assignee WHO --scope WORKSPACE_ID\``;
  if (code === "SubscriptionNotFound")
    return `check \`AZUREML_ARM_SUBSCRIPTION\`: \`az account list\` lists yours, and it is \`${subscription}\``;
  if (code === "ResourceGroupNotFound" || code === "ResourceNotFound")
    return `check the workspace: \`az ml workspace list --subscription ${subscription}\` lists them, and it is \`${name}\` of \`${group}\``;
  if (status === 429) return "the limit on requests is reached: apply again later";
  return status >= 500 ? "Azure has a problem: apply again later" : undefined;
}

function optionsOf({ subscription, group, name }: Workspace): string {
  return `--workspace-name ${name} --resource-group ${group} --subscription ${subscription}`;
}

function raise(error: Error): never {
  throw error;
}

/** It may be half of an answer, or that of a proxy. */
function wordNonsense({ host }: URL): NetworkError {
  return new NetworkError("EPROTO", `the answer of ${host} does not come from Azure Resource Manager`);
}

function wordNobody(): SourceFault {
  return new SourceFault(
    "source/azure-login",
    "you are not logged in to Azure, and Azure ML needs a login",
    "type `az login`, or set `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`",
  );
}

function wordOtherDatastore(name: string, type: string): SourceFault {
  return new SourceFault(
    "source/azure-datastore",
    `the model is in the datastore \`${name}\`, whose type \`${type}\` is not supported`,
    "type `az ml model download` and write the folder as the `source`, or register the model from Azure Blob Storage or Data Lake Gen2",
  );
}

import { NetworkError } from "../../model/host.ts";
import { Refusal, type RefusalDetails, SourceFault } from "../../model/place.ts";
import type { AzureAccount, AzureLogin } from "./account.ts";

/** What was asked for; it is told without what lets anybody in. */
export type AskedBlob = {
  readonly account: AzureAccount;
  readonly container: string;
  /** A blob's name, or a prefix. */
  readonly path: string;
};

/** What Azure's library throws, as far as it is known; `response` is the server's. */
type RestError = Error & {
  readonly code?: string;
  readonly statusCode?: number;
  readonly response?: { readonly headers: { toJSON(): Record<string, string> } };
};

/**
 * What went wrong with a request of Azure's library, as a place tells it: by the code in `x-ms-error-code`, and by what
 * we logged in with. An error that is not the library's stays what it is.
 */
export function wordAzureError(thrown: unknown, asked: AskedBlob): unknown {
  if (thrown instanceof NetworkError || thrown instanceof SourceFault) return thrown;
  const { name, statusCode, response } = thrown as RestError;
  if (name !== "RestError") return thrown;
  const { host, pathname } = new URL(asked.account.endpoint);
  if (statusCode === undefined || statusCode < 300)
    return new NetworkError("EPROTO", `the answer of ${host} does not come from Azure Storage`);
  const headers = response?.headers.toJSON() ?? {};
  const code = headers["x-ms-error-code"] ?? "";
  const place = `${pathname.replace(/\/$/, "")}/${asked.container}/${asked.path}`.replace(/\/$/, "");
  const message = `${host} answers ${statusCode}${code && ` (${code})`} for \`${place}\``;
  return new Refusal(statusCode, message, { headers, ...detailsOf(code, statusCode, asked) });
}

function detailsOf(code: string, status: number, asked: AskedBlob): RefusalDetails {
  if (status === 412)
    return {
      code: "source/changed",
      hint: "the blob was replaced during the download: apply again",
    };
  return { hint: HINTS[code]?.(asked) ?? hintOfStatus(status, asked) };
}

function hintOfStatus(status: number, asked: AskedBlob): string {
  if (status === 401 || status === 403) return hintOfLogin(asked);
  if (status === 429 || status === 503) return "the account is busy: apply again later";
  if (status >= 500) return "Azure has a problem: apply again later";
  return "check the account, the container and the name, and their case";
}

/** What to do, by Azure's code ("Common REST API error codes" and "Blob service error codes" of its documentation). */
const HINTS: Readonly<Record<string, (asked: AskedBlob) => string>> = {
  AccountIsDisabled: () => "the storage account is disabled: ask whoever owns the subscription",
  AuthenticationFailed: (asked) => hintOfLogin(asked),
  AuthorizationFailure: ({ account }) =>
    `the account's firewall may not let this address in: \`az storage account network-rule list --account-name ${nameOf(account)}\``,
  AuthorizationPermissionMismatch: (asked) => hintOfRights(asked),
  AuthorizationProtocolMismatch: (asked) => hintOfRights(asked),
  AuthorizationResourceTypeMismatch: (asked) => hintOfRights(asked),
  AuthorizationServiceMismatch: (asked) => hintOfRights(asked),
  AuthorizationSourceIPMismatch: () =>
    "the SAS does not allow this machine's address: sign a new one without `--ip`",
  BlobArchived: ({ account, container, path }) =>
    `it is archived: type \`az storage blob set-tier --account-name ${nameOf(account)} --container-name ${container} --name ${path} --tier Hot\`, which takes hours`,
  BlobNotFound: ({ account, container, path }) =>
    `\`az storage blob list --account-name ${nameOf(account)} --container-name ${container} --prefix ${path} --auth-mode login\` lists what is there`,
  ContainerNotFound: ({ account }) =>
    `\`az storage container list --account-name ${nameOf(account)} --auth-mode login\` lists what is there`,
  InvalidAuthenticationInfo: (asked) => hintOfLogin(asked),
  KeyBasedAuthenticationNotPermitted: () =>
    "the account does not accept keys: unset `AZURE_STORAGE_KEY` and `AZURE_STORAGE_CONNECTION_STRING`, and type `az login`",
  NoAuthenticationInformation: (asked) => hintOfLogin(asked),
  PublicAccessNotPermitted: (asked) => hintOfLogin(asked),
  // What is not public is not there for somebody without a login.
  ResourceNotFound: (asked) =>
    asked.account.login.kind === "none" ? hintOfLogin(asked) : hintOfStatus(404, asked),
};

function hintOfLogin({ account }: AskedBlob): string {
  const name = nameOf(account);
  const hints: Readonly<Record<AzureLogin["kind"], string>> = {
    key: `the key is not one of \`${name}\`: \`az storage account keys list --account-name ${name}\` prints them, for \`AZURE_STORAGE_KEY\``,
    sas: "the SAS has expired, or is for something else: sign a new one with `az storage container generate-sas --permissions rl`, for `AZURE_STORAGE_SAS_TOKEN`",
    entra: `type \`az login\` for the tenant of \`${name}\`, and check that this machine's clock is right`,
    none: "it is not public: type `az login`, or set `AZURE_STORAGE_KEY`, `AZURE_STORAGE_SAS_TOKEN` or `AZURE_STORAGE_CONNECTION_STRING`",
  };
  return hints[account.login.kind];
}

function hintOfRights(asked: AskedBlob): string {
  const { kind } = asked.account.login;
  if (kind === "entra")
    return 'give yourself the role "Storage Blob Data Reader", which owners do not have automatically: `az role assignment create --role "Storage Blob Data Reader" --assignee WHO --scope ACCOUNT_ID`';
  if (kind === "sas")
    return "the SAS must allow reading and, for folders, listing: `az storage container generate-sas --permissions rl`; one of an account needs `--services b --resource-types co`";
  return hintOfLogin(asked);
}

function nameOf({ endpoint, login }: AzureAccount): string {
  if (login.kind === "key") return login.account;
  const { hostname, pathname } = new URL(endpoint);
  return pathname.replaceAll("/", "") || (hostname.split(".")[0] ?? "");
}

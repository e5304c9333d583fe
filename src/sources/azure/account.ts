import { SourceFault } from "../../model/place.ts";
import type { SourceContext } from "../../model/source.ts";
import { type AzureToken, findToken } from "./identity.ts";

/** How an account lets us in. */
export type AzureAccount = {
  /** Of the account: `https://ACCOUNT.blob.core.windows.net`, without a slash at the end. */
  readonly endpoint: string;
  readonly login: AzureLogin;
};

export type AzureLogin =
  | { readonly kind: "key"; readonly account: string; readonly key: string }
  /** `token` is a query, without its `?`. */
  | { readonly kind: "sas"; readonly token: string }
  | { readonly kind: "entra"; readonly token: AzureToken }
  | { readonly kind: "none" };

/** Azure's clouds, by what the names of their storage end with: to no other host is sent what lets somebody in. */
export const STORAGE_SUFFIXES: readonly string[] = [
  "core.windows.net",
  "core.usgovcloudapi.net",
  "core.chinacloudapi.cn",
];

export const ACCOUNT_NAME = /^[a-z0-9]{3,24}$/;

const SCOPE = "https://storage.azure.com/.default";

/** What the emulator's account is called, and its key, both printed in its documentation. */
const EMULATOR =
  "AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1";

type NamedAccount = { readonly account: string; readonly suffix: string };

/**
 * The account that a reference names, or that of the environment where it names none, and what the environment has to
 * open it with. What belongs to one account is used for no other. The order is that of Azure's own tools: connection
 * string, key, SAS, then the default chain; nothing, for what is public.
 *
 * Errors: `source/azure-account`, `source/azure-login`.
 */
export async function findAccount(named: NamedAccount, context: SourceContext): Promise<AzureAccount> {
  const { environment } = context.host;
  const ours = accountOfEnvironment(named, environment);
  if (ours !== undefined) return ours;
  const own = environment.AZURE_STORAGE_ACCOUNT ?? "";
  const account = named.account || own;
  if (!ACCOUNT_NAME.test(account)) throw wordNoAccount(own);
  const token = await findToken(SCOPE, context);
  const login: AzureLogin = token === undefined ? { kind: "none" } : { kind: "entra", token };
  return { endpoint: endpointOf({ ...named, account }), login };
}

/** The account by a secret of it that the environment has; undefined where it has none. */
export function accountOfEnvironment(
  named: NamedAccount,
  environment: SourceContext["host"]["environment"],
): AzureAccount | undefined {
  const text = environment.AZURE_STORAGE_CONNECTION_STRING;
  const connected = text ? readConnectionString(text) : undefined;
  if (connected !== undefined && ["", connected.account].includes(named.account)) return connected;
  const own = environment.AZURE_STORAGE_ACCOUNT ?? "";
  const account = named.account || own;
  if (!ACCOUNT_NAME.test(account) || !["", account].includes(own)) return undefined;
  const endpoint = endpointOf({ ...named, account });
  const key = environment.AZURE_STORAGE_KEY || environment.AZURE_STORAGE_ACCESS_KEY;
  if (key) return { endpoint, login: { kind: "key", account, key } };
  const sas = environment.AZURE_STORAGE_SAS_TOKEN;
  return sas ? { endpoint, login: sasOf(sas) } : undefined;
}

export function endpointOf({ account, suffix }: NamedAccount): string {
  return `https://${account}.blob.${suffix}`;
}

/** With the `?` that it may be printed with. */
export function sasOf(query: string): AzureLogin {
  return { kind: "sas", token: query.replace(/^\?/, "") };
}

/** `Name=value` pairs between semicolons; a value may hold `=`. */
function readConnectionString(text: string): AzureAccount & { readonly account: string } {
  const isEmulator = /^\s*UseDevelopmentStorage=true/i.test(text);
  const pairs = (isEmulator ? EMULATOR : text).split(";").map((pair) => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at).trim().toLowerCase(), pair.slice(at + 1).trim()] as const;
  });
  const {
    accountname = "",
    accountkey: key = "",
    sharedaccesssignature: sas = "",
    defaultendpointsprotocol: protocol = "https",
    endpointsuffix: suffix = STORAGE_SUFFIXES[0],
    blobendpoint = `${protocol}://${accountname}.blob.${suffix}`,
  } = Object.fromEntries(pairs) as Partial<Record<string, string>>;
  const url = URL.canParse(blobendpoint) ? new URL(blobendpoint) : undefined;
  const account = accountname || accountOf(url);
  if (url === undefined || !/^https?:$/.test(url.protocol) || account === "" || (key === "" && sas === ""))
    throw wordBadConnectionString();
  const endpoint = `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  if (key !== "") return { account, endpoint, login: { kind: "key", account, key } };
  return { account, endpoint, login: sasOf(sas) };
}

/** Of an endpoint: the emulator has it in the path, Azure in the host. */
function accountOf(url: URL | undefined): string {
  if (url === undefined) return "";
  const [inPath = ""] = url.pathname.split("/").filter((segment) => segment !== "");
  return inPath === "" ? (url.hostname.split(".")[0] ?? "") : inPath;
}

function wordNoAccount(own: string): SourceFault {
  if (own !== "")
    return new SourceFault(
      "source/azure-account",
      "`AZURE_STORAGE_ACCOUNT` is not the name of a storage account",
      "set it to the name alone, 3 to 24 lower-case letters and digits, and not to an address",
    );
  return new SourceFault(
    "source/azure-account",
    "the address has no storage account, and `AZURE_STORAGE_ACCOUNT` is not set",
    "set `AZURE_STORAGE_ACCOUNT` or `AZURE_STORAGE_CONNECTION_STRING`, or write the account: `az://ACCOUNT/CONTAINER/BLOB`",
  );
}

function wordBadConnectionString(): SourceFault {
  return new SourceFault(
    "source/azure-account",
    "`AZURE_STORAGE_CONNECTION_STRING` is not a connection string of Azure Storage",
    "set it to what `az storage account show-connection-string --name ACCOUNT` prints",
  );
}

import { type Diagnostic, errorDiagnostic } from "../../model/diagnostic.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { ACCOUNT_NAME, STORAGE_SUFFIXES } from "./account.ts";

/** A blob, or all that lie below a prefix. */
export type BlobAddress = {
  /** Empty for that of the environment. */
  readonly account: string;
  /** What the account's host ends with: `core.windows.net`. */
  readonly suffix: string;
  readonly container: string;
  /** Empty for the whole container; with `/` at the end it is a prefix and no blob. */
  readonly path: string;
  readonly state?: BlobState;
};

/** One state of a blob, as Azure calls it. */
export type BlobState = { readonly kind: "versionId" | "snapshot"; readonly id: string };

/**
 * Reads `az://ACCOUNT/CONTAINER/BLOB`, `az:///CONTAINER/BLOB` (the account of the environment), and what Hadoop's
 * drivers write, `wasbs://CONTAINER@ACCOUNT.blob.core.windows.net/BLOB` and `abfss://CONTAINER@ACCOUNT.dfs...`; each
 * with `?versionid=` or `?snapshot=`.
 *
 * Errors: `source/not-an-azure-blob`.
 */
export function readBlobAddress(source: string): Result<BlobAddress> {
  const [, scheme = "", place = "", query] = /^(\w+):\/\/([^?#]*)(?:\?([^#]*))?$/i.exec(source) ?? [];
  const [authority = "", ...segments] = place.split("/");
  const isPlain = scheme.toLowerCase() === "az";
  const account = isPlain ? readAccount(authority) : readHost(authority);
  const container = isPlain ? segments.shift() : account?.container;
  const path = decode(segments.join("/"));
  const state = readState(query);
  const isSound = account !== undefined && path !== undefined && state !== undefined;
  if (!isSound || container === undefined || !isContainer(container)) return fail(wordMalformed(source));
  const hasState = state !== "none";
  if (hasState && (path === "" || path.endsWith("/"))) return fail(wordStateOfFolder(source));
  const address = { account: account.account, suffix: account.suffix, container, path };
  return succeed(hasState ? { ...address, state } : address);
}

type Account = { readonly account: string; readonly suffix: string; readonly container?: string };

function readAccount(account: string): Account | undefined {
  const isSound = account === "" || ACCOUNT_NAME.test(account);
  return isSound ? { account, suffix: STORAGE_SUFFIXES[0] ?? "" } : undefined;
}

/** `CONTAINER@ACCOUNT.blob.core.windows.net`: no other host than Azure's, since logins are sent there. */
function readHost(authority: string): Account | undefined {
  const [, container = "", account = "", suffix = ""] =
    /^([^@]+)@([a-z0-9]{3,24})\.(?:blob|dfs)\.([a-z.]+)$/.exec(authority) ?? [];
  return STORAGE_SUFFIXES.includes(suffix) ? { account, suffix, container } : undefined;
}

function isContainer(name: string): boolean {
  return /^(?:\$root|\$web|\$logs|[a-z0-9](?:-?[a-z0-9]){2,62})$/.test(name);
}

/** Undefined for what is no state, and for anything besides, such as a signature. */
function readState(query: string | undefined): BlobState | "none" | undefined {
  if (query === undefined) return "none";
  const [, name = "", value = ""] = /^(versionid|snapshot)=([^&]+)$/i.exec(query) ?? [];
  const id = decode(value);
  if (name === "" || id === undefined || !/^[\w.:-]+$/.test(id)) return undefined;
  return { kind: name.toLowerCase() === "snapshot" ? "snapshot" : "versionId", id };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Without the query, which may hold a signature. */
function wordMalformed(source: string): Diagnostic {
  return errorDiagnostic(
    "source/not-an-azure-blob",
    `\`${source.replace(/[?#].*$/, "")}\` is not the address of a blob in Azure Storage`,
    {
      hint: "write `az://ACCOUNT/CONTAINER/BLOB`, with `?versionid=` or `?snapshot=` for one version; a signature goes into `AZURE_STORAGE_SAS_TOKEN`",
    },
  );
}

function wordStateOfFolder(source: string): Diagnostic {
  return errorDiagnostic(
    "source/not-an-azure-blob",
    `\`${source.replace(/[?#].*$/, "")}\` is a folder, and has neither versions nor snapshots`,
    { hint: "name one blob, or remove the part after the `?`" },
  );
}

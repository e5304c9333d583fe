import path from "node:path";
import type { BlobItem, ContainerClient } from "@azure/storage-blob";
import type { NetworkResponse } from "../model/host.ts";
import {
  type Listing,
  type Place,
  type PublishedDigest,
  Refusal,
  type RemoteFile,
  type Revision,
  SourceFault,
  type Span,
} from "../model/place.ts";
import { type Result, succeed } from "../model/result.ts";
import type { SourceContext } from "../model/source.ts";
import { type AzureAccount, findAccount } from "./azure/account.ts";
import { type BlobAddress, type BlobState, readBlobAddress } from "./azure/address.ts";
import { type AskedBlob, wordAzureError } from "./azure/refusal.ts";
import { type Sender, send } from "./azure/transport.ts";
import { createRemoteSource } from "./remote-source.ts";

/** What is asked for, and who lets us in: asked for anew each time, since a login may end before a transfer does. */
export type WantedBlobs = {
  readonly address: Pick<BlobAddress, "container" | "path" | "state">;
  readonly account: () => Promise<AzureAccount>;
};

/**
 * Blobs of Azure Storage, by Azure's own library: one, or all below a prefix. Its revision is the version or the
 * snapshot of a single blob, where it has one; elsewhere each file is told by its ETag.
 *
 * Errors: those of `azure-address.ts`, `azure-account.ts`, and `sources/remote-source.ts`.
 */
const azureBlobStorage: Place = {
  schemes: ["az", "wasbs", "abfss"],
  parse(reference) {
    const address = readBlobAddress(reference.source);
    return address.ok ? succeed(reference) : address;
  },
  async list(reference, revision, context) {
    const address = readBlobAddress(reference.source);
    if (!address.ok) return address;
    const account = () => findAccount(address.value, context);
    return listBlobs({ address: address.value, account }, revision, context);
  },
};

export const azureBlobSource = createRemoteSource(azureBlobStorage);

/** One blob, or all below what is no blob but begins the names of some. */
export async function listBlobs(
  wanted: WantedBlobs,
  revision: Revision | undefined,
  context: SourceContext,
): Promise<Result<Listing>> {
  const { path: name } = wanted.address;
  const isFolder = name === "" || name.endsWith("/");
  return succeed(
    isFolder ? await listFolder(wanted, name, context) : await listOne(wanted, revision, context),
  );
}

async function listOne(
  { address, account }: WantedBlobs,
  revision: Revision | undefined,
  context: SourceContext,
): Promise<Listing> {
  const state = stateOf(revision) ?? address.state;
  const wanted = { address: { ...address, ...(state && { state }) }, account };
  try {
    const found = await ask(wanted, context, (container) => blobOf(container, wanted).getProperties());
    if (found.metadata?.hdi_isfolder !== "true") {
      const { etag, contentLength: size, contentMD5, versionId } = found;
      const isVersion = versionId !== undefined && state === undefined;
      const now: BlobState | undefined = isVersion ? { kind: "versionId", id: versionId } : state;
      const pinned = { account, address: { ...address, ...(now && { state: now }) } };
      const file = { path: path.posix.basename(address.path), etag, size, contentMD5 };
      return {
        revision: now === undefined ? {} : { [now.kind]: now.id },
        files: [fileOf(file, pinned, context)],
      };
    }
  } catch (error) {
    if (!(error instanceof Refusal && error.status === 404) || state !== undefined) throw error;
    return listInstead(wanted, error, context);
  }
  return listFolder(wanted, `${address.path}/`, context);
}

function stateOf({ versionId, snapshot }: Revision = {}): BlobState | undefined {
  if (versionId !== undefined) return { kind: "versionId", id: versionId };
  return snapshot === undefined ? undefined : { kind: "snapshot", id: snapshot };
}

/** There is no such blob: it may be what others begin with. Who may not list is told of the blob. */
async function listInstead(wanted: WantedBlobs, refusal: Refusal, context: SourceContext): Promise<Listing> {
  const listed = await listFolder(wanted, `${wanted.address.path}/`, context).catch((error) => {
    throw error instanceof Refusal && [401, 403, 404].includes(error.status) ? refusal : error;
  });
  if (listed.files.length === 0) throw refusal;
  return listed;
}

/**
 * All below a prefix, named relative to it. Pages are answered one by one, and are of one moment only if nothing changed
 * meanwhile: where there are several, they are asked for once more.
 */
async function listFolder(wanted: WantedBlobs, prefix: string, context: SourceContext): Promise<Listing> {
  const first = await listPages(wanted, prefix, context);
  if (first.pages > 1) {
    const second = await listPages(wanted, prefix, context);
    if (stampOf(first.items) !== stampOf(second.items)) throw wordChanging(wanted);
  }
  const files = first.items.filter(isFile).map(({ name, properties }) => {
    const { etag, contentLength: size, contentMD5 } = properties;
    const one = { ...wanted, address: { ...wanted.address, path: name } };
    return fileOf({ path: name.slice(prefix.length), etag, size, contentMD5 }, one, context);
  });
  return { revision: {}, files };
}

function listPages(wanted: WantedBlobs, prefix: string, context: SourceContext) {
  return ask(wanted, context, async (container) => {
    const items: BlobItem[] = [];
    let pages = 0;
    for await (const page of container.listBlobsFlat({ prefix, includeMetadata: true }).byPage()) {
      items.push(...page.segment.blobItems);
      pages += 1;
    }
    return { items, pages };
  });
}

function stampOf(items: readonly BlobItem[]): string {
  return JSON.stringify(items.map(({ name, properties }) => [name, properties.etag]));
}

/** An account with folders lists these, too, as blobs that are empty (`hdi_isfolder`); so do some tools. */
function isFile({ name, metadata }: BlobItem): boolean {
  return metadata?.hdi_isfolder !== "true" && !name.endsWith("/");
}

type FoundBlob = {
  readonly path: string;
  readonly etag: string | undefined;
  readonly size: number | undefined;
  readonly contentMD5: Uint8Array | undefined;
};

function fileOf(
  { path: name, etag, size, contentMD5 }: FoundBlob,
  wanted: WantedBlobs,
  context: SourceContext,
) {
  // Quoted in a header, and not in a list.
  const version = etag === undefined ? undefined : `"${etag.replaceAll('"', "")}"`;
  const file: RemoteFile = {
    path: name,
    ...(size !== undefined && { size }),
    ...(version !== undefined && { version }),
    ...(contentMD5 !== undefined && contentMD5.length > 0 && { published: [md5Of(contentMD5)] }),
    open: (span, validator, signal) =>
      openBlob(wanted, { span, etag: validator ?? version }, { ...context, signal }),
  };
  return file;
}

function md5Of(bytes: Uint8Array): PublishedDigest {
  return { algorithm: "md5", value: Buffer.from(bytes).toString("hex") };
}

type Wish = { readonly span: Span | undefined; readonly etag: string | undefined };

/** The library asks, and the bytes of the answer go past it. */
async function openBlob(
  wanted: WantedBlobs,
  { span, etag }: Wish,
  context: SourceContext,
): Promise<NetworkResponse> {
  let answer: NetworkResponse | undefined;
  const { start = 0, end } = span ?? {};
  const count = end === undefined ? undefined : end - start;
  const download = async (container: ContainerClient): Promise<NetworkResponse> => {
    const asking = blobOf(container, wanted).download(start, count, {
      conditions: etag === undefined ? {} : { ifMatch: etag },
      maxRetryRequests: 0,
    });
    // An answer that the library finds fault with is the transfer's to judge.
    const fault = await asking.then(undefined, (error: unknown) => error);
    if (answer === undefined) throw fault;
    return answer;
  };
  return ask(wanted, context, download, (response) => {
    answer = response;
  });
}

function blobOf(container: ContainerClient, { address: { path: name, state } }: WantedBlobs) {
  const blob = container.getBlobClient(name);
  if (state === undefined) return blob;
  return state.kind === "snapshot" ? blob.withSnapshot(state.id) : blob.withVersion(state.id);
}

/** Has the library ask something of a container; rejects with a `Refusal` or a `NetworkError`. */
async function ask<T>(
  { address, account }: WantedBlobs,
  { host: { network }, signal }: SourceContext,
  act: (container: ContainerClient) => Promise<T>,
  onStream?: Sender["onStream"],
): Promise<T> {
  const asked: AskedBlob = { account: await account(), container: address.container, path: address.path };
  const container = await openContainer(asked, { network, signal, ...(onStream && { onStream }) });
  try {
    return await act(container);
  } catch (error) {
    throw wordAzureError(error, asked);
  }
}

async function openContainer(
  { account: { endpoint, login }, container }: AskedBlob,
  sender: Sender,
): Promise<ContainerClient> {
  const azure = await import("@azure/storage-blob");
  const pipeline = azure.newPipeline(await credentialOf(), {
    retryOptions: { maxTries: 1 },
    // Known to what the options are handed on to: Azure sends nobody on.
    ...{ redirectOptions: { maxRetries: 0 } },
    httpClient: {
      async sendRequest(request) {
        const sent = await send(request, request.headers.toJson(), sender);
        const headers = request.headers.clone();
        for (const name of headers.headerNames()) headers.remove(name);
        for (const [name, value] of Object.entries(sent.headers)) headers.set(name, value);
        return { ...sent, request, headers };
      },
    },
  });
  const query = login.kind === "sas" ? `?${login.token}` : "";
  return new azure.ContainerClient(`${endpoint}/${container}${query}`, pipeline);

  async function credentialOf() {
    if (login.kind === "key") return new azure.StorageSharedKeyCredential(login.account, login.key);
    if (login.kind === "entra") return { getToken: async () => login.token };
    return new azure.AnonymousCredential();
  }
}

function wordChanging({ address: { container, path: prefix } }: WantedBlobs): SourceFault {
  return new SourceFault(
    "source/changed",
    `the blobs below \`${container}/${prefix}\` changed while they were listed`,
    "apply again when the upload has finished",
  );
}

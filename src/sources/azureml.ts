import { errorDiagnostic } from "../model/diagnostic.ts";
import { type Listing, type Place, SourceFault } from "../model/place.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { SourceContext, SourceReference } from "../model/source.ts";
import { findAccount } from "./azure/account.ts";
import { readBlobAddress } from "./azure/address.ts";
import { type Datastore, findDatastore, findModelUri, type Workspace } from "./azure/workspace.ts";
import { listBlobs, type WantedBlobs } from "./azure-blob.ts";
import { createRemoteSource } from "./remote-source.ts";

/** A model as a reference names it; the workspace may be that of the environment. */
type ModelName = {
  readonly name: string;
  /** Undefined for the latest one. */
  readonly version?: string;
  readonly workspace?: Workspace;
};

/**
 * Models that are registered in a workspace of Azure ML: its version says where their files are, as a path in a
 * datastore, and that is a container of Azure Storage. Its revision is the version of the model, and that of the blob
 * where it is one that has versions.
 *
 * Errors: `source/not-an-azure-model`, `source/azure-workspace`, those of `azure-workspace.ts` and `azure-blob.ts`.
 */
const azureMl: Place = {
  schemes: ["azureml"],
  parse(reference) {
    return readModelName(reference.source) === undefined
      ? fail(wordMalformed(reference))
      : succeed(reference);
  },
  async list(reference, revision, context): Promise<Result<Listing>> {
    const model = readModelName(reference.source);
    if (model === undefined) return fail(wordMalformed(reference));
    const workspace = model.workspace ?? workspaceOf(context);
    const wanted = { workspace, name: model.name, version: revision?.version ?? model.version };
    const { version, uri } = await findModelUri(wanted, context);
    const listed = await listBlobs(await locate(uri, workspace, context), revision, context);
    if (!listed.ok) return listed;
    return succeed({ ...listed.value, revision: { version, ...listed.value.revision } });
  },
};

export const azureMlSource = createRemoteSource(azureMl);

/** `azureml:NAME:VERSION`, `azureml:NAME@latest`, or the id of a model version, with `azureml:/` or `azureml://` before it. */
function readModelName(source: string): ModelName | undefined {
  const [, name, version, label] = /^azureml:([\w.-]+)(?::([\w.-]+)|@(\w+))$/i.exec(source) ?? [];
  if (name !== undefined) {
    if (version !== undefined) return { name, version };
    return label === "latest" ? { name } : undefined;
  }
  const { groups } = LONG_FORM.exec(source) ?? {};
  if (groups === undefined) return undefined;
  const { subscription = "", group = "", workspace = "" } = groups;
  return {
    name: groups.name ?? "",
    ...(groups.version !== undefined && { version: groups.version }),
    workspace: { subscription, group, name: workspace },
  };
}

const LONG_FORM =
  /^azureml:\/{1,2}subscriptions\/(?<subscription>[\w-]+)\/resourceGroups\/(?<group>[\w.()-]+)(?:\/providers\/Microsoft\.MachineLearningServices)?\/workspaces\/(?<workspace>[\w-]+)\/models\/(?<name>[\w.-]+)\/(?:versions\/(?<version>[\w.-]+)|labels\/latest)$/i;

/** By the names that Azure ML itself gives to its jobs, or by those of its tools. */
function workspaceOf({ host: { environment } }: SourceContext): Workspace {
  const {
    AZUREML_ARM_SUBSCRIPTION,
    AZUREML_ARM_RESOURCEGROUP,
    AZUREML_ARM_WORKSPACE_NAME,
    AZUREML_SUBSCRIPTION_ID,
    AZUREML_RESOURCE_GROUP,
    AZUREML_WORKSPACE_NAME,
  } = environment;
  const subscription = AZUREML_ARM_SUBSCRIPTION || AZUREML_SUBSCRIPTION_ID;
  const group = AZUREML_ARM_RESOURCEGROUP || AZUREML_RESOURCE_GROUP;
  const name = AZUREML_ARM_WORKSPACE_NAME || AZUREML_WORKSPACE_NAME;
  if (subscription && group && name) return { subscription, group, name };
  const missing = [
    ...(subscription ? [] : ["`AZUREML_ARM_SUBSCRIPTION`"]),
    ...(group ? [] : ["`AZUREML_ARM_RESOURCEGROUP`"]),
    ...(name ? [] : ["`AZUREML_ARM_WORKSPACE_NAME`"]),
  ];
  throw new SourceFault(
    "source/azure-workspace",
    `the model's Azure ML workspace is unknown: ${missing.join(", ")} not set`,
    "set them, or write the workspace: `azureml://subscriptions/ID/resourceGroups/GROUP/workspaces/NAME/models/MODEL/versions/VERSION`",
  );
}

/** Where the files of a model version are, by its `modelUri`. */
async function locate(uri: string, workspace: Workspace, context: SourceContext): Promise<WantedBlobs> {
  const { groups } = DATASTORE_PATH.exec(uri) ?? {};
  if (groups !== undefined) {
    const { subscription, group, workspace: name, datastore = "", path = "" } = groups;
    const isElsewhere = subscription !== undefined && group !== undefined && name !== undefined;
    const place = isElsewhere ? { subscription, group, name } : workspace;
    return inDatastore(await findDatastore(place, datastore, context), path, context);
  }
  const address = /^wasbs:|^abfss:/i.test(uri) ? readBlobAddress(uri) : undefined;
  if (address?.ok !== true) throw wordElsewhere(uri);
  return { address: address.value, account: () => findAccount(address.value, context) };
}

const DATASTORE_PATH =
  /^azureml:\/\/(?:subscriptions\/(?<subscription>[\w-]+)\/resourceGroups\/(?<group>[\w.()-]+)(?:\/providers\/Microsoft\.MachineLearningServices)?\/workspaces\/(?<workspace>[\w-]+)\/)?datastores\/(?<datastore>\w+)\/paths\/(?<path>.*)$/i;

function inDatastore(
  { container, account, secret }: Datastore,
  path: string,
  context: SourceContext,
): WantedBlobs {
  return {
    address: { container, path },
    account: async () => (await secret()) ?? findAccount(account, context),
  };
}

function wordMalformed({ source }: SourceReference) {
  return errorDiagnostic("source/not-an-azure-model", `\`${source}\` is not an Azure ML model`, {
    hint: "write `azureml:NAME:VERSION`, `azureml:NAME@latest`, or `azureml://subscriptions/ID/resourceGroups/GROUP/workspaces/NAME/models/MODEL/versions/VERSION`",
  });
}

/** Without a query, which may hold a signature. */
function wordElsewhere(uri: string): SourceFault {
  return new SourceFault(
    "source/azure-model-elsewhere",
    `the model's files are not in a datastore, but at \`${uri.replace(/[?#].*$/, "")}\``,
    "type `az ml model download`, and write the folder as the `source`; or register the model from a path in a datastore",
  );
}

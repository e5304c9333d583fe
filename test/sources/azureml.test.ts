import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { Network, NetworkRequest } from "../../src/model/host.ts";
import type { Result } from "../../src/model/result.ts";
import { azureMlSource } from "../../src/sources/azureml.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { makeReference, makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { startAzureManagement, WORKSPACE_VARIABLES } from "../rig/servers/azure-management.ts";
import { ACCOUNT, KEY, networkOf, startAzurite } from "../rig/servers/azurite.ts";

const test = suite("azureml source");

const azurite = await startAzurite({
  "registered/ridge/model.bin": "weights",
  "registered/forest/1/MLmodel": "flavors: {}",
  "registered/forest/1/trees.bin": "trees",
});

const blobStore = {
  datastoreType: "AzureBlob",
  accountName: ACCOUNT,
  containerName: "registered",
  endpoint: "core.windows.net",
  protocol: "https",
  credentials: { credentialsType: "AccountKey" },
};
const LONG =
  "azureml://subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/team/workspaces/lab";

const sas = new URL(
  await azurite.service.getContainerClient("registered").generateSasUrl({
    permissions: (await import("@azure/storage-blob")).ContainerSASPermissions.parse("rl"),
    expiresOn: new Date(Date.now() + 86_400_000),
  }),
).search;

const manager = await startAzureManagement({
  models: {
    ridge: {
      "2": { modelUri: "azureml://datastores/gone/paths/x" },
      "10": { modelUri: "azureml://datastores/keyed/paths/ridge/model.bin" },
    },
    forest: { "1": { modelUri: `${LONG}/datastores/lake/paths/forest/1` } },
    wasbs: { "1": { modelUri: `wasbs://registered@${ACCOUNT}.blob.core.windows.net/ridge/model.bin` } },
    job: { "1": { modelUri: "azureml://jobs/one/outputs/artifacts/paths/model?sig=secret" } },
    share: { "1": { modelUri: "azureml://datastores/share/paths/x" } },
    elsewhere: { "1": { modelUri: "azureml://datastores/elsewhere/paths/x" } },
    closed: { "1": { modelUri: "azureml://datastores/closed/paths/ridge/model.bin" } },
    nothing: { "1": {} },
  },
  datastores: {
    keyed: blobStore,
    closed: blobStore,
    lake: {
      ...blobStore,
      datastoreType: "AzureDataLakeGen2",
      filesystem: "registered",
      containerName: undefined,
      credentials: { credentialsType: "Sas" },
    },
    share: { ...blobStore, datastoreType: "AzureFile" },
    elsewhere: { ...blobStore, endpoint: "storage.example.com" },
  },
  secrets: {
    keyed: { secretsType: "AccountKey", key: KEY },
    lake: { secretsType: "Sas", sasToken: sas },
  },
});
// Azure's library for identities reads the variables of its own process.
Object.assign(process.env, manager.identity);

type Environment = Readonly<Record<string, string>>;

const environmentOf: Environment = { ...WORKSPACE_VARIABLES, AZURE_RESOURCE_MANAGER_ENDPOINT: manager.url };

function ask(source: string, environment: Environment = environmentOf) {
  const requests: NetworkRequest[] = [];
  const real = networkOf(azurite.url);
  const network: Network = {
    request(request) {
      requests.push(request);
      return real.request(request);
    },
  };
  const clock = createManualClock();
  const context = makeSourceContext(makeFolder(), { clock, environment, network });
  const reference = makeReference(source);
  const pin = () => azureMlSource.pin(reference, context);
  const fetch = async () => {
    const pinned = await pin();
    return pinned.ok ? azureMlSource.fetch(reference, pinned.value, context) : pinned;
  };
  return { pin, fetch, reference, context, requests };
}

function told(result: Result<unknown>): string {
  assert.ok(!result.ok, "it succeeded");
  return result.diagnostics.map(({ code, message, hint }) => `${code}: ${message}\nhint: ${hint}`).join("\n");
}

const names: readonly (readonly [source: string, isName: boolean])[] = [
  ["azureml:ridge:3", true],
  ["azureml:ridge@latest", true],
  [`${LONG}/models/ridge/versions/3`, true],
  [`${LONG}/models/ridge/labels/latest`, true],
  [
    "azureml:/subscriptions/s/resourcegroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/models/m/versions/1",
    true,
  ],
  ["azureml:ridge", false],
  ["azureml:ridge@production", false],
  ["azureml:", false],
  ["azureml://registries/shared/models/ridge/versions/3", false],
  [`${LONG}/datastores/x/paths/y`, false],
  ["azureml:a/b:3", false],
];

for (const [source, isName] of names) {
  test(`parse ${source}`, () => {
    const parsed = azureMlSource.parse(makeReference(source));
    assert.is(parsed.ok ? "" : parsed.diagnostics[0]?.code, isName ? "" : "source/not-an-azure-model");
  });
}

for (const source of ["azureml:ridge:10", "azureml:ridge@latest", `${LONG}/models/ridge/versions/10`]) {
  test(`${source} is brought, by the key of its datastore`, async () => {
    const { pin, fetch } = ask(source);
    const pinned = await pin();
    assert.ok(pinned.ok, JSON.stringify(pinned));
    assert.equal(pinned.value.identity.revision, { version: "10" });
    assert.not.match(JSON.stringify(pinned.value), /Eby8|token-of/);
    const fetched = await fetch();
    assert.equal(fetched.ok && fetched.value, [
      { path: "model.bin", digest: digestOf("weights"), size: 7, mode: 0o644 },
    ]);
  });
}

test("a folder of a Data Lake is brought, by a SAS of its datastore", async () => {
  const fetched = await ask("azureml:forest:1").fetch();
  assert.equal(fetched.ok && fetched.value.map(({ path }) => path), ["MLmodel", "trees.bin"]);
});

test("what the environment has of the account is used before the datastore is asked for its key", async () => {
  const { fetch, requests } = ask("azureml:closed:1", { ...environmentOf, AZURE_STORAGE_KEY: KEY });
  assert.ok((await fetch()).ok);
  assert.not(requests.some(({ url }) => url.includes("listSecrets")));
  const other = await ask("azureml:wasbs:1", { ...environmentOf, AZURE_STORAGE_KEY: KEY }).fetch();
  assert.ok(other.ok);
});

test("who may not have the key of a datastore comes in by who he is", async () => {
  const { fetch, requests } = ask("azureml:closed:1");
  assert.not((await fetch()).ok);
  const toStorage = requests.filter(({ url }) => url.includes(".blob.core.windows.net"));
  assert.ok(toStorage.length > 0);
  assert.ok(toStorage.every(({ headers }) => /^Bearer token-of/.test(headers?.authorization ?? "")));
});

test("the latest version stays the one that was pinned", async () => {
  const { reference, context, requests } = ask("azureml:forest@latest");
  const pin = {
    scheme: "azureml",
    paths: ["MLmodel"],
    identity: { revision: { version: "1" }, files: { MLmodel: {} } },
  };
  assert.ok((await azureMlSource.fetch(reference, pin, context)).ok);
  assert.not(requests.some(({ url }) => new URL(url).pathname.endsWith("/models/forest")));
});

test("the workspace may be told by the names of Azure's tools", async () => {
  const { pin } = ask("azureml:ridge:10", {
    AZURE_RESOURCE_MANAGER_ENDPOINT: manager.url,
    AZUREML_SUBSCRIPTION_ID: WORKSPACE_VARIABLES.AZUREML_ARM_SUBSCRIPTION,
    AZUREML_RESOURCE_GROUP: "team",
    AZUREML_WORKSPACE_NAME: "lab",
  });
  assert.ok((await pin()).ok);
});

const with_ = (more: Environment): Environment => ({ ...environmentOf, ...more });

const faults: readonly (readonly [source: string, environment: Environment, told: RegExp])[] = [
  [
    "azureml:ridge:11",
    environmentOf,
    /source\/refused: .* answers 404 \(UserError\) for `models\/ridge\/versions\/11` of the workspace `lab`: Not found model ridge:11\.\nhint: `az ml model list --name ridge --workspace-name lab/,
  ],
  ["azureml:other@latest", environmentOf, /404 .*\nhint: `az ml model list --name other/],
  [
    "azureml:ridge:2",
    environmentOf,
    /404 \(UserError\) for `datastores\/gone`.*\nhint: `az ml datastore list/,
  ],
  ["azureml:nothing:1", environmentOf, /gives no `modelUri`/],
  [
    "azureml:job:1",
    environmentOf,
    /source\/azure-model-elsewhere: .*`azureml:\/\/jobs\/one\/outputs\/artifacts\/paths\/model`\nhint: type `az ml model download`/,
  ],
  ["azureml:share:1", environmentOf, /source\/azure-datastore: .*`share`.*type `AzureFile`/],
  ["azureml:elsewhere:1", environmentOf, /source\/azure-datastore/],
  [
    "azureml:ridge:10",
    { AZURE_RESOURCE_MANAGER_ENDPOINT: manager.url },
    /source\/azure-workspace: .*`AZUREML_ARM_SUBSCRIPTION`, `AZUREML_ARM_RESOURCEGROUP`, `AZUREML_ARM_WORKSPACE_NAME` not set/,
  ],
  [
    "azureml:ridge:10",
    with_({ AZUREML_ARM_SUBSCRIPTION: "none" }),
    /SubscriptionNotFound.*\nhint: check `AZUREML_ARM_SUBSCRIPTION`/,
  ],
  [
    "azureml:ridge:10",
    with_({ AZUREML_ARM_WORKSPACE_NAME: "attic" }),
    /ResourceNotFound.*\nhint: check the workspace: `az ml workspace list/,
  ],
  [
    "azureml:ridge:10",
    with_({ AZURE_RESOURCE_MANAGER_ENDPOINT: "http://models.example.com" }),
    /source\/azure-endpoint: .*not an `https` address/,
  ],
];

for (const [source, environment, expected] of faults) {
  test(`fault: ${source} ${expected.source.slice(0, 30)}`, async () => {
    const said = told(await ask(source, environment).fetch());
    assert.match(said, expected);
    assert.match(said, /hint: \S/);
    assert.not.match(said, /hint: undefined|secret|token-of|sig=/);
  });
}

test.after(async () => {
  await manager.stop();
  await azurite.stop();
});

test.run();

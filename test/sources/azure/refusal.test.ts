import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NetworkError } from "../../../src/model/host.ts";
import { Refusal } from "../../../src/model/place.ts";
import type { AzureLogin } from "../../../src/sources/azure/account.ts";
import { wordAzureError } from "../../../src/sources/azure/refusal.ts";

const test = suite("azure refusals");

const LOGINS: readonly AzureLogin[] = [
  { kind: "key", account: "lab", key: "secret" },
  { kind: "sas", token: "sig=secret" },
  { kind: "entra", token: { token: "secret", expiresOnTimestamp: 0 } },
  { kind: "none" },
];

/** As Azure's library throws it. */
function word(status: number, code: string, login: AzureLogin): unknown {
  const headers = { toJSON: () => (code === "" ? {} : { "x-ms-error-code": code }) };
  const thrown = Object.assign(new Error("?sig=secret"), { statusCode: status, response: { headers } });
  thrown.name = "RestError";
  const account = { endpoint: "https://lab.blob.core.windows.net", login };
  return wordAzureError(thrown, { account, container: "models", path: "model.bin" });
}

type Row = readonly [status: number, code: string, hints: Partial<Record<AzureLogin["kind"], RegExp>>];

const rows: readonly Row[] = [
  [
    403,
    "AuthorizationPermissionMismatch",
    { entra: /"Storage Blob Data Reader"/, sas: /--permissions rl/, key: /keys list/, none: /not public/ },
  ],
  [
    403,
    "AuthenticationFailed",
    { entra: /clock/, sas: /expired/, key: /keys list --account-name lab/, none: /az login/ },
  ],
  [401, "NoAuthenticationInformation", { none: /`AZURE_STORAGE_KEY`/ }],
  [401, "InvalidAuthenticationInfo", { entra: /type `az login` for the tenant of `lab`/ }],
  [409, "PublicAccessNotPermitted", { none: /it is not public: type `az login`/ }],
  [404, "ResourceNotFound", { none: /it is not public/, entra: /check the account/ }],
  [404, "ContainerNotFound", { entra: /az storage container list --account-name lab/ }],
  [403, "AuthorizationResourceTypeMismatch", { sas: /--resource-types co/ }],
  [403, "AuthorizationSourceIPMismatch", { sas: /--ip/ }],
  [403, "AccountIsDisabled", { key: /disabled/ }],
  [503, "ServerBusy", { key: /apply again later/ }],
  [500, "", { none: /apply again later/ }],
  [418, "", { none: /check the account/ }],
];

for (const [status, code, hints] of rows) {
  for (const login of LOGINS) {
    test(`${status} ${code} with ${login.kind}`, () => {
      const refusal = word(status, code, login);
      assert.instance(refusal, Refusal);
      assert.match((refusal as Refusal).hint ?? "", hints[login.kind] ?? /\S/);
      assert.match((refusal as Refusal).message, `lab.blob.core.windows.net answers ${status}`);
      assert.not.match(`${(refusal as Refusal).message}${(refusal as Refusal).hint}`, /secret|sig=/);
    });
  }
}

test("what is no answer of Azure's may be one the next time", () => {
  assert.is((word(200, "", { kind: "none" }) as NetworkError).code, "EPROTO");
});

test("what is not the library's stays what it is", () => {
  const asked = {
    account: { endpoint: "https://x", login: LOGINS[3] as AzureLogin },
    container: "",
    path: "",
  };
  for (const error of [new TypeError("ours"), new NetworkError("ECONNRESET", "cut")])
    assert.is(wordAzureError(error, asked), error);
});

test.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Network,
  NetworkError,
  type NetworkRequest,
  type NetworkResponse,
} from "../../../src/model/host.ts";
import { findToken } from "../../../src/sources/azure/identity.ts";
import { makeSourceContext } from "../../fakes/source-context.ts";
import { makeFolder } from "../../fakes/temporary-folder.ts";

const test = suite("azure identity");

const TENANT = "11111111-2222-3333-4444-555555555555";
const LOGIN = "https://login.microsoftonline.com";

/** Microsoft Entra, as far as a service principal with a secret asks it ("OAuth 2.0 client credentials flow"). */
function answer({ url, body }: NetworkRequest): readonly [status: number, body: object] {
  const { pathname } = new URL(url);
  if (pathname === "/common/discovery/instance") {
    const metadata = [
      {
        preferred_network: "login.microsoftonline.com",
        preferred_cache: "login.windows.net",
        aliases: ["login.microsoftonline.com"],
      },
    ];
    return [
      200,
      {
        tenant_discovery_endpoint: `${LOGIN}/${TENANT}/v2.0/.well-known/openid-configuration`,
        "api-version": "1.1",
        metadata,
      },
    ];
  }
  if (pathname.endsWith("/openid-configuration"))
    return [
      200,
      {
        token_endpoint: `${LOGIN}/${TENANT}/oauth2/v2.0/token`,
        authorization_endpoint: `${LOGIN}/${TENANT}/oauth2/v2.0/authorize`,
        issuer: `${LOGIN}/${TENANT}/v2.0`,
      },
    ];
  const form = new URLSearchParams(String(body));
  if (form.get("client_secret") !== "right")
    return [
      401,
      {
        error: "invalid_client",
        error_description: `AADSTS7000215: Invalid client secret provided: ${form.get("client_secret")}.`,
      },
    ];
  return [200, { token_type: "Bearer", expires_in: 3599, access_token: `for ${form.get("scope")}` }];
}

/** Runs what asks, with variables of the process as the library reads them. */
async function ask(scope: string, secret: string, network?: Network) {
  const asked: string[] = [];
  const entra: Network = {
    async request(request) {
      asked.push(request.url);
      if (!request.url.startsWith(LOGIN)) throw new NetworkError("ECONNREFUSED", "nobody is there");
      const [status, body] = answer(request);
      const text = JSON.stringify(body);
      return {
        status,
        headers: { "content-type": "application/json" },
        text: async () => text,
        discard() {},
      } as unknown as NetworkResponse;
    },
  };
  const variables = { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: TENANT, AZURE_CLIENT_SECRET: secret };
  if (secret !== "") Object.assign(process.env, variables);
  try {
    const context = makeSourceContext(makeFolder(), { network: network ?? entra });
    return { token: await findToken(scope, context), asked };
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
}

async function faultOf(asking: Promise<unknown>): Promise<Error & { code: string; hint?: string }> {
  return asking.then(
    () => assert.unreachable("it succeeded") as never,
    (error) => error,
  );
}

test("a service principal gets a token, through the host, and once for a scope", async () => {
  const first = await ask("https://one.example.com/.default", "right");
  assert.is(first.token?.token.startsWith("for https://one.example.com/.default"), true);
  assert.ok(first.asked.length > 0);
  const second = await ask("https://one.example.com/.default", "right");
  assert.equal([second.token?.token, second.asked], [first.token?.token, []]);
});

test("a secret that is refused is told without it", async () => {
  const fault = await faultOf(ask("https://two.example.com/.default", "wrong"));
  assert.is(fault.code, "source/azure-login");
  assert.match(fault.hint ?? "", /`AZURE_CLIENT_SECRET`/);
  assert.not.match(`${fault.message}${fault.hint}`, /wrong|AADSTS/);
});

test("a network that fails is not taken for nobody being logged in", async () => {
  const cut: Network = { request: () => Promise.reject(new NetworkError("ECONNRESET", "cut")) };
  const fault = await faultOf(ask("https://three.example.com/.default", "right", cut));
  assert.equal([fault instanceof NetworkError, fault.code], [true, "ECONNRESET"]);
});

test("where nobody is logged in there is no token", async () => {
  assert.is((await ask("https://four.example.com/.default", "")).token, undefined);
});

test.run();

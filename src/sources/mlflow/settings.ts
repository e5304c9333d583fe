import type { Host } from "../../model/host.ts";
import { SourceFault } from "../../model/place.ts";

/** Where MLflow is, and who we are there. */
export type Settings = {
  /** Addresses without a closing slash, a user or a password. */
  readonly tracking: string;
  readonly registry: string;
  /** Who we are, for an address of one of the two; nothing for any other. */
  readonly credentialsFor: (url: string) => Readonly<Record<string, string>>;
};

const IS_YES = /^(?:1|true|yes)$/i;

/** What MLflow's own client can be told, and nobody here can. */
const REFUSED: readonly {
  readonly name: string;
  readonly isSwitch?: true;
  /** The variable that does the same here. */
  readonly unless?: string;
  readonly hint: string;
}[] = [
  {
    name: "MLFLOW_TRACKING_INSECURE_TLS",
    isSwitch: true,
    hint: "unset it, and set `NODE_EXTRA_CA_CERTS` to the PEM file of the server's issuer: only that server is then trusted",
  },
  {
    name: "MLFLOW_TRACKING_SERVER_CERT_PATH",
    unless: "NODE_EXTRA_CA_CERTS",
    hint: "set `NODE_EXTRA_CA_CERTS` to the same file",
  },
  {
    name: "MLFLOW_TRACKING_CLIENT_CERT_PATH",
    hint: "unset it, and use `MLFLOW_TRACKING_TOKEN`, or `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`",
  },
  {
    name: "MLFLOW_TRACKING_AWS_SIGV4",
    isSwitch: true,
    hint: "unset it, and write the artifacts as `s3://BUCKET/PATH`",
  },
  {
    name: "MLFLOW_TRACKING_AUTH",
    hint: "unset it, and use `MLFLOW_TRACKING_TOKEN`, or `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`",
  },
];

/**
 * Reads MLflow's own variables, and its file of credentials where they name nobody. Rejects with a `SourceFault`.
 *
 * Errors: `source/mlflow-setting`.
 */
export async function readSettings(host: Host): Promise<Settings> {
  const { environment } = host;
  for (const { name, isSwitch, unless, hint } of REFUSED) {
    const value = environment[name] ?? "";
    const isSet = isSwitch ? IS_YES.test(value) : value !== "";
    const isDoneHere = unless !== undefined && (environment[unless] ?? "") !== "";
    if (isSet && !isDoneHere) throw fault(`\`${name}\` is set, but is not supported`, hint);
  }
  const tracking = readAddress("MLFLOW_TRACKING_URI", environment.MLFLOW_TRACKING_URI ?? "");
  const written = environment.MLFLOW_REGISTRY_URI ?? "";
  const registry = written === "" ? tracking : readAddress("MLFLOW_REGISTRY_URI", written);
  const authorization = await authorizationOf(host, tracking.login);
  const origins = new Set([tracking, registry].map(({ address }) => new URL(address).origin));
  return {
    tracking: tracking.address,
    registry: registry.address,
    credentialsFor: (url) =>
      authorization !== undefined && origins.has(new URL(url).origin) ? { authorization } : {},
  };
}

type Login = { readonly user: string; readonly password: string };

function readAddress(name: string, value: string): { readonly address: string; readonly login?: Login } {
  if (value === "")
    throw fault(
      "the address of MLflow is not set",
      `type \`export ${name}=https://mlflow.example.com\`, with the address of your server`,
    );
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw fault(
      `\`${name}\` is not the address of a server`,
      "begin it with `https://` or `http://`; for a model on this machine, write its path as the `source`",
    );
  const { username, password } = url;
  const address = `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  if (username === "" && password === "") return { address };
  return { address, login: { user: decode(username), password: decode(password) } };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** User and password go before the token, as in MLflow's own client. */
async function authorizationOf(host: Host, inAddress: Login | undefined): Promise<string | undefined> {
  const {
    MLFLOW_TRACKING_USERNAME: user = "",
    MLFLOW_TRACKING_PASSWORD: password = "",
    MLFLOW_TRACKING_TOKEN: token = "",
  } = host.environment;
  const login = user === "" ? (inAddress ?? (await readLogin(host))) : { user, password };
  if (login !== undefined) return basic(login);
  return token === "" ? undefined : `Bearer ${token}`;
}

function basic({ user, password }: Login): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** `~/.mlflow/credentials`: an INI file, of which one section is MLflow's. */
async function readLogin({ environment, files }: Host): Promise<Login | undefined> {
  const place = `${environment.HOME ?? "/root"}/.mlflow/credentials`;
  if ((await files.status(place))?.type !== "file") return undefined;
  const text = await files.readText(place);
  const [, section = ""] = /^\s*\[mlflow\][^\n]*\n((?:(?!\s*\[)[^\n]*(?:\n|$))*)/m.exec(text) ?? [];
  const read = (key: string) =>
    new RegExp(`^[ \\t]*${key}[ \\t]*[=:][ \\t]*(.*?)[ \\t\\r]*$`, "im").exec(section)?.[1] ?? "";
  const user = read("mlflow_tracking_username");
  return user === "" ? undefined : { user, password: read("mlflow_tracking_password") };
}

function fault(message: string, hint: string): SourceFault {
  return new SourceFault("source/mlflow-setting", message, hint);
}

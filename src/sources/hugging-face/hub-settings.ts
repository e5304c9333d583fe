import type { Host } from "../../model/host.ts";
import { SourceFault } from "../../model/place.ts";

/** How the hub is spoken to, as the variables say that its own client reads. */
export type HubSettings = {
  /** `https://HOST[/PATH]`, without a slash at its end. */
  readonly endpoint: string;
  /** Where repositories lie that other programs downloaded; absolute. */
  readonly cacheDirectory: string;
  /** Whether nobody is asked for anything. */
  readonly isOffline: boolean;
  /** The headers that say who we are; none for who is not logged in. */
  readonly credentials: Readonly<Record<string, string>>;
};

const DEFAULT_ENDPOINT = "https://huggingface.co";

/**
 * Reads `HF_ENDPOINT`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HOME`, `HF_HUB_CACHE`, `HF_HUB_OFFLINE` and
 * `HF_HUB_DISABLE_IMPLICIT_TOKEN`. Rejects with a `SourceFault`: `source/bad-endpoint`.
 */
export async function readHubSettings({ environment, files }: Host): Promise<HubSettings> {
  const parent = environment.XDG_CACHE_HOME || "~/.cache";
  const expand = (path: string): string => expandPath(path, environment);
  const home = expand(environment.HF_HOME || `${parent}/huggingface`);
  const isOffline = isTrue(environment.HF_HUB_OFFLINE);
  const tokenFile = expand(environment.HF_TOKEN_PATH || `${home}/token`);
  const token =
    isOffline || isTrue(environment.HF_HUB_DISABLE_IMPLICIT_TOKEN)
      ? ""
      : environment.HF_TOKEN?.trim() || (await files.readText(tokenFile).catch(() => "")).trim();
  return {
    endpoint: readEndpoint(environment.HF_ENDPOINT || DEFAULT_ENDPOINT),
    cacheDirectory: expand(environment.HF_HUB_CACHE || `${home}/hub`),
    isOffline,
    credentials: token === "" ? {} : { authorization: `Bearer ${demandHeader(token)}` },
  };
}

function isTrue(value = ""): boolean {
  return /^(?:1|on|yes|true)$/i.test(value);
}

/** As Python's `expanduser` and `expandvars`. */
function expandPath(path: string, environment: Host["environment"]): string {
  return path
    .replace(/^~(?=\/|$)/, environment.HOME || "/")
    .replace(/\$(?:(\w+)|\{(\w+)\})/g, (written, plain, braced) => environment[plain ?? braced] ?? written);
}

function readEndpoint(written: string): string {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  const isPlain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}${url.search}` === "";
  if (isPlain) return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  throw new SourceFault(
    "source/bad-endpoint",
    "`HF_ENDPOINT` is not the address of a hub",
    "type `export HF_ENDPOINT=https://HOST`, without a user, a password or a query; a token goes into `HF_TOKEN`",
  );
}

/** A token that no header can carry would be told by the error of whoever tries. */
function demandHeader(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new SourceFault(
    "source/bad-token",
    "the Hugging Face token contains an invalid character",
    "set `HF_TOKEN` to the token alone, or type `hf auth login`",
  );
}

/** What is asked for all the same, when nobody is to be asked. */
export function wordOffline(what: string): SourceFault {
  return new SourceFault(
    "source/hub-offline",
    `${what}, and \`HF_HUB_OFFLINE\` is set`,
    "unset `HF_HUB_OFFLINE`, or type `hf download` where there is a network",
  );
}

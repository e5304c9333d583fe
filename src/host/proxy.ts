import type { Agent } from "node:http";
import { BlockList, isIP } from "node:net";
import { NetworkError } from "../model/host.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment names for an address, as curl reads it: `HTTPS_PROXY` or `HTTP_PROXY` after the
 * address's scheme, and `NO_PROXY`, in lower case or upper. This very machine is never asked for through one.
 */
export function findProxy(address: URL, environment: Environment): URL | undefined {
  const named = readVariable(`${address.protocol.slice(0, -1)}_proxy`, environment);
  if (named === undefined || isLoopback(hostOf(address))) return undefined;
  const exceptions = readVariable("no_proxy", environment)?.split(/[\s,]+/) ?? [];
  return exceptions.some((exception) => covers(exception, address)) ? undefined : parseProxy(named);
}

function readVariable(name: string, environment: Environment): string | undefined {
  return environment[name] || environment[name.toUpperCase()] || undefined;
}

function parseProxy(named: string): URL {
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(named) ? named : `http://${named}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy?.protocol === "http:" || proxy?.protocol === "https:") return proxy;
  // The text itself may have a password in it.
  throw new NetworkError("EPROXY", "the proxy in `HTTPS_PROXY` or `HTTP_PROXY` is no `http://HOST:PORT`");
}

/** In lower case, and without the brackets of IPv6. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function isLoopback(host: string): boolean {
  return /(^|\.)localhost$/.test(host) || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Whether an entry of `NO_PROXY` means an address: `*`, a name with all below it, an IP or a range of them; with a port. */
function covers(exception: string, address: URL): boolean {
  if (exception === "*") return true;
  const host = hostOf(address);
  if (isIP(host) !== 0) {
    const range = exception.replace(/[[\]]/g, "");
    if (range.includes("/")) return isWithin(host, range);
    if (range === host) return true;
  }
  const [, name = "", port] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(exception.toLowerCase()) ?? [];
  const isPort = port === undefined || port === portOf(address);
  return isPort && name !== "" && (host === name || host.endsWith(`.${name}`));
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === "https:" ? "443" : "80");
}

/** Whether an IP is in a range such as `10.0.0.0/8`. */
function isWithin(host: string, range: string): boolean {
  const [network = "", bits = ""] = range.split("/");
  const family = isIP(network);
  if (family !== isIP(host) || !(/^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
    return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, Number(bits), type);
  return list.check(host, type);
}

/** As Node's own agent: connections are kept, and closed after a while without a request. */
const KEPT = { keepAlive: true, scheduling: "lifo", timeout: 5_000 } as const;

/** What takes requests to an address through a proxy; loaded only where there is one. */
async function createAgent(proxy: URL, protocol: string): Promise<Agent> {
  if (protocol === "http:") return new (await import("http-proxy-agent")).HttpProxyAgent(proxy, KEPT);
  return new (await import("https-proxy-agent")).HttpsProxyAgent(proxy, KEPT);
}

/** Where a request goes first, if it does not go straight to its address. */
export type Route = { readonly proxy: URL; readonly agent: Agent };

/** Finds the way to an address; one agent is enough for all that goes through the same proxy. */
export function createRoutes(environment: Environment) {
  const agents = new Map<string, Promise<Agent>>();
  return {
    async find(address: URL): Promise<Route | undefined> {
      const proxy = findProxy(address, environment);
      if (proxy === undefined) return undefined;
      const agent = agents.get(address.protocol) ?? createAgent(proxy, address.protocol);
      agents.set(address.protocol, agent);
      return { proxy, agent: await agent };
    },
    async close(): Promise<void> {
      for (const agent of agents.values()) (await agent).destroy();
    },
  };
}

/**
 * The fault of a request that its proxy refused. A proxy that is busy, or does not reach the address, may do so next
 * time.
 */
export function wordProxyRefusal(status: number, { host }: URL): NetworkError {
  const login = status === 407 ? ": it wants a login, as `http://USER:PASSWORD@HOST:PORT`" : "";
  return new NetworkError(
    status >= 500 ? "ETUNNEL" : "EPROXY",
    `the proxy ${host} answers ${status}${login}`,
  );
}

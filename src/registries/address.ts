/** Docker Hub is spoken to under another name than it is called by. */
const HUB = { name: "docker.io", host: "registry-1.docker.io" };

/** Where a registry is spoken to: with TLS, unless it is on this very machine or may be spoken to without. */
export function originOf(registry: string, insecure = false): string {
  const host = registry === HUB.name ? HUB.host : registry;
  const { origin, hostname } = new URL(`https://${host}`);
  return insecure || isLoopback(hostname) ? new URL(`http://${host}`).origin : origin;
}

/** Whether a registry is one of `host` or `host:port`, with commas in between; a host alone means all its ports. */
export function isInsecure(registry: string, variable: string | undefined): boolean {
  const named = (variable ?? "").split(",").map((one) => one.trim().toLowerCase());
  const host = registry.toLowerCase();
  return named.some((one) => one !== "" && (one === host || one === host.replace(/:\d+$/, "")));
}

/**
 * Whether a registry may send us to an address: one with TLS. Only a registry of this very machine may name another
 * place on it; a distant one would reach what is meant for nobody else. One that is spoken to without TLS may send us
 * to another port of its own host.
 */
export function maySendUsTo(address: string, origin: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === "https:") return true;
  const { protocol, hostname } = new URL(origin);
  if (url?.protocol !== "http:" || protocol !== "http:") return false;
  return url.hostname === hostname || (isLoopback(url.hostname) && isLoopback(hostname));
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Docker Hub is spoken to under another name than it is called by. */
const HUB = { name: "docker.io", host: "registry-1.docker.io" };

/** Where a registry is spoken to, without a slash at the end: with TLS, unless it is on this very machine. */
export function originOf(registry: string): string {
  const host = registry === HUB.name ? HUB.host : registry;
  return `${isLoopback(hostOf(host)) ? "http" : "https"}://${host}`;
}

/** Whether a credential may be sent to an address: with TLS, or to this very machine. */
export function isSafeAddress(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
}

function hostOf(registry: string): string {
  const url = `https://${registry}`;
  return URL.canParse(url) ? new URL(url).hostname : registry;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

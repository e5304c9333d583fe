/** Docker Hub is spoken to under another name than it is called by. */
const HUB = { name: "docker.io", host: "registry-1.docker.io" };

/** Where a registry is spoken to: with TLS, unless it is on this very machine. */
export function originOf(registry: string): string {
  const host = registry === HUB.name ? HUB.host : registry;
  const { origin, hostname } = new URL(`https://${host}`);
  return isLoopback(hostname) ? new URL(`http://${host}`).origin : origin;
}

/**
 * Whether a registry may send us to an address: one with TLS. Only a registry of this very machine may name another
 * place on it; a distant one would reach what is meant for nobody else.
 */
export function maySendUsTo(address: string, origin: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === "https:") return true;
  return url?.protocol === "http:" && isLoopback(url.hostname) && isLoopback(new URL(origin).hostname);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

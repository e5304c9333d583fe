/** Of a service's address alone, as `run` tells it, its scoring route is meant. */
export function scoringAddress(url: string): string {
  const [, origin] = /^(https?:\/\/[^/?#]+)\/?$/i.exec(url) ?? [];
  return origin === undefined ? url : `${origin}/score`;
}

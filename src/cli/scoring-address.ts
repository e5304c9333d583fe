/** Of a service's address alone, as `run` tells it, its scoring route is meant. */
export function scoringAddress(url: string): string {
  return /^https?:\/\/[^/?#]+$/i.test(url) ? `${url}/score` : url;
}

import { setTimeout as sleep } from "node:timers/promises";
import { docker } from "./engine.ts";

export type ServeOptions = {
  /** Inside the container. */
  readonly port?: number;
  /** The path that answers 200 once it is ready. */
  readonly readiness?: string;
};

/** Starts an image with docker alone, as a user without mlpackage would, and asks it; the container is always removed. */
export async function serveImage<T>(
  image: string,
  ask: (address: string) => Promise<T>,
  { port = 5001, readiness = "/readyz" }: ServeOptions = {},
): Promise<T> {
  const options = ["--detach", "--read-only", "--tmpfs", "/tmp", "--publish", `127.0.0.1::${port}`];
  const id = await docker(["run", ...options, image]);
  try {
    const published = await docker(["port", id, `${port}/tcp`]);
    const address = `http://127.0.0.1:${published.split(":").at(-1)}`;
    await untilReady(`${address}${readiness}`, id);
    return await ask(address);
  } finally {
    await docker(["rm", "--force", id]);
  }
}

/** What `POST /score` answers. */
export async function postScore(address: string, body: string): Promise<string> {
  const signal = AbortSignal.timeout(60_000);
  return (await fetch(`${address}/score`, { method: "POST", body, signal })).text();
}

async function untilReady(url: string, container: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const signal = AbortSignal.timeout(2_000);
    const response = await fetch(url, { signal }).catch(() => undefined);
    await response?.text();
    if (response?.ok) return;
    await sleep(100);
  }
  throw new Error(`${url} is not ready:\n${await docker(["logs", container])}`);
}

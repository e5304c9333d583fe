import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { type Ended, wordEnd } from "../processes.ts";
import type { Sandbox } from "../sandbox.ts";
import { BEHAVIOURS, type Behaviour, type CacheServer, startCacheServer, well } from "./bad-server.ts";
import { findRudeness, type OwnPackage, openOwnPackage } from "./own-package.ts";
import type { Trial } from "./trial.ts";

/** How much longer than without a shared cache a run may take on its account: it waits ten seconds for the next bytes. */
const MOST_DELAY_MS = 12_000;

type Mode = "read" | "write";

/** First that it works at all, or whatever else it does would go unseen. */
const soundServer: Trial = {
  name: "shared cache: a sound one is used",
  async act(sandbox) {
    const { made, server } = await openShared(sandbox);
    const isRestored = ({ stderr }: Ended): boolean => stderr.includes('"restored"');
    const put = server.stored.size;
    const taken = await runWith(made, server.url, "read");
    return {
      findings: [
        ...(put > 0 ? [] : ["nothing was uploaded to it"]),
        ...(isRestored(taken) ? [] : ["nothing was restored from it"]),
        ...(await findWrong(made, taken)),
      ],
      told: `${put} entries`,
    };
  },
};

const unreachable: Trial = {
  name: "shared cache: nobody listens",
  async act(sandbox) {
    const { made, server, usualMs } = await openShared(sandbox);
    server.close();
    const findings = await tryBoth(made, server.url, usualMs);
    return { findings, told: "read and written" };
  },
};

function misbehaving(name: string, behaviour: Behaviour): Trial {
  return {
    name: `shared cache: ${name}`,
    async act(sandbox) {
      const { made, server, usualMs } = await openShared(sandbox);
      server.behave(behaviour);
      const findings = await tryBoth(made, server.url, usualMs);
      if (server.countRequests() === 0) findings.push("it was never asked");
      return { findings, told: `asked ${server.countRequests()} times` };
    },
  };
}

export const SHARED_CACHE_TRIALS: readonly Trial[] = [
  soundServer,
  unreachable,
  ...Object.entries(BEHAVIOURS).map(([name, behaviour]) => misbehaving(name, behaviour)),
];

type Shared = { readonly made: OwnPackage; readonly server: CacheServer; readonly usualMs: number };

/** A server that has what the package makes, put there by another machine: the cache of this one is empty. */
async function openShared(sandbox: Sandbox): Promise<Shared> {
  const server = await startCacheServer();
  sandbox.undoLater(server.close);
  server.behave(well);
  const made = await openOwnPackage(sandbox);
  const first = await runWith(made, server.url, "write");
  if (first.exitCode !== 0) throw new Error(`with a sound server: ${wordEnd(first)}`);
  return { made, server, usualMs: first.durationMs };
}

async function tryBoth(made: OwnPackage, url: string, usualMs: number): Promise<string[]> {
  const findings: string[] = [];
  for (const mode of ["read", "write"] as const) {
    const ended = await runWith(made, url, mode);
    const delayMs = ended.durationMs - usualMs;
    const wrong = await findWrong(made, ended);
    findings.push(
      ...wrong.map((text) => `${mode}: ${text}`),
      ...(delayMs > MOST_DELAY_MS ? [`${mode}: it took ${Math.round(delayMs)} ms longer`] : []),
    );
  }
  return findings;
}

async function findWrong(made: OwnPackage, ended: Ended): Promise<readonly string[]> {
  if (ended.exitCode !== 0) return [wordEnd(ended)];
  return [...findRudeness(ended), ...(await made.findWrong())];
}

/** With nothing of its own to begin with. */
async function runWith(made: OwnPackage, url: string, mode: Mode): Promise<Ended> {
  await rm(made.cache, { recursive: true, force: true });
  if (existsSync(made.at("out"))) await rm(made.at("out"), { recursive: true });
  return made.run({ environment: { MLPACKAGE_SHARED_CACHE: url, MLPACKAGE_SHARED_CACHE_MODE: mode } });
}

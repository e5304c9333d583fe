import type { Success } from "../execution/execute.ts";
import { type ManifestEntry, updateManifest } from "../execution/manifest.ts";
import type { Digest } from "../model/digest.ts";
import type { Step } from "../model/step.ts";
import type { Assembly } from "./assemble.ts";
import { lockName } from "./lock-name.ts";
import type { Session } from "./session.ts";

/** Nobody holds the manifest for longer than it takes to write it. */
const WRITING_MS = 10_000;

/** What a run learns about its steps, for the next plan and for `run` and `pull`. */
export type RunMemory = {
  readonly remember: (step: Step, success: Success) => void;
  readonly rememberFailure: (step: Step, key: Digest) => void;
  /** Writes down what is new; whether there was anything. */
  readonly save: () => Promise<boolean>;
};

export function createRunMemory({ manifest, manifestPath }: Assembly, { host }: Session): RunMemory {
  const steps: Record<string, ManifestEntry> = {};
  const failed: Record<string, Digest> = {};

  function isKnown(id: string, { key, output }: ManifestEntry): boolean {
    const before = manifest.steps[id];
    return before?.key === key && before.output.digest === output.digest && manifest.failed[id] !== key;
  }

  return {
    remember(step, success) {
      if (step.whole !== undefined) return;
      const durationMs = success.durationMs ?? manifest.steps[step.id]?.durationMs;
      steps[step.id] = { ...success, ...(durationMs !== undefined && { durationMs }) };
    },
    rememberFailure(step, key) {
      failed[step.id] = key;
    },
    async save() {
      const isNew =
        Object.keys(failed).length > 0 || !Object.entries(steps).every(([id, entry]) => isKnown(id, entry));
      if (!isNew) return false;
      const release = await host.locks.acquire(lockName(manifestPath), { timeoutMs: WRITING_MS });
      try {
        await updateManifest(manifestPath, { steps, failed }, host.files);
      } finally {
        await release();
      }
      return true;
    },
  };
}

import { type Digest, isDigest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import { isStepOutput, type StepOutput } from "../model/outcome.ts";
import type { Fingerprint } from "../plan/fingerprint.ts";

/** What a package's steps were when they last ran: what `plan` compares with, and what `run` and `pull` start from. */
export type Manifest = {
  readonly steps: Readonly<Record<string, ManifestEntry>>;
  /** The key under which each step failed last, if it has not succeeded under that key since. */
  readonly failed: Readonly<Record<string, Digest>>;
};

export type ManifestEntry = {
  readonly key: Digest;
  readonly fingerprint: Fingerprint;
  readonly output: StepOutput;
  /** How long it took when it last ran, not when it was last found fresh. */
  readonly durationMs?: number;
};

const EMPTY: Manifest = { steps: {}, failed: {} };

/** The manifest without what is damaged of it: it only explains, and the next run writes it anew. */
export async function readManifest(path: string, files: Files): Promise<Manifest> {
  if ((await files.status(path)) === undefined) return EMPTY;
  const { steps, failed } = parseRecord(await files.readText(path)) as Partial<Manifest>;
  return { steps: entriesThat(isManifestEntry, steps), failed: entriesThat(isDigest, failed) };
}

function entriesThat<T>(isWhole: (value: unknown) => value is T, record: unknown): Record<string, T> {
  const entries = typeof record === "object" && record !== null ? Object.entries(record) : [];
  return Object.fromEntries(
    entries.flatMap(([id, entry]: [string, unknown]) => (isWhole(entry) ? [[id, entry] as const] : [])),
  );
}

function parseRecord(text: string): object {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isManifestEntry(value: unknown): value is ManifestEntry {
  const { key, fingerprint, output } = (value ?? {}) as Partial<ManifestEntry>;
  return (
    isDigest(key) && isRecord(fingerprint?.inputs) && isRecord(fingerprint?.needs) && isStepOutput(output)
  );
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Adds what a run did to what is written down by now: another run of the package may have ended meanwhile. */
export async function updateManifest(path: string, made: Manifest, files: Files): Promise<void> {
  const { steps, failed } = await readManifest(path, files);
  const stillFailed = Object.entries(failed).filter(([id, key]) => made.steps[id]?.key !== key);
  const next: Manifest = {
    steps: { ...steps, ...made.steps },
    failed: { ...Object.fromEntries(stillFailed), ...made.failed },
  };
  await files.writeAtomically(path, `${JSON.stringify(next)}\n`);
}

import { type Digest, isDigest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import { isStepOutput, type StepOutput } from "../model/outcome.ts";
import type { Fingerprint } from "../plan/fingerprint.ts";

/** What a package's steps were when they last succeeded: what `plan` compares with, and what `run` and `pull` start from. */
export type Manifest = Readonly<Record<string, ManifestEntry>>;

export type ManifestEntry = {
  readonly key: Digest;
  readonly fingerprint: Fingerprint;
  readonly output: StepOutput;
};

/** The manifest without what is damaged of it: it only explains, and the next run writes it anew. */
export async function readManifest(path: string, files: Files): Promise<Manifest> {
  if ((await files.status(path)) === undefined) return {};
  const entries = Object.entries(parseRecord(await files.readText(path)));
  return Object.fromEntries(
    entries.flatMap(([id, entry]) => (isManifestEntry(entry) ? [[id, entry] as const] : [])),
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
  return isDigest(key) && typeof fingerprint?.inputs === "object" && isStepOutput(output);
}

export async function writeManifest(path: string, manifest: Manifest, files: Files): Promise<void> {
  await files.writeAtomically(path, `${JSON.stringify(manifest, undefined, 1)}\n`);
}

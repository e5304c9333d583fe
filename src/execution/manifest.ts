import type { Digest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import type { StepOutput } from "../model/outcome.ts";
import type { Fingerprint } from "../plan/fingerprint.ts";

/** What a package's steps were when they last succeeded: what `plan` compares with, and what `run` and `pull` start from. */
export type Manifest = Readonly<Record<string, ManifestEntry>>;

export type ManifestEntry = {
  readonly key: Digest;
  readonly fingerprint: Fingerprint;
  readonly output: StepOutput;
};

export async function readManifest(path: string, files: Files): Promise<Manifest> {
  if ((await files.status(path)) === undefined) return {};
  try {
    return JSON.parse(await files.readText(path)) as Manifest;
  } catch {
    // Damaged: it only explains, so the next run writes it anew.
    return {};
  }
}

export async function writeManifest(path: string, manifest: Manifest, files: Files): Promise<void> {
  await files.writeAtomically(path, `${JSON.stringify(manifest, undefined, 1)}\n`);
}

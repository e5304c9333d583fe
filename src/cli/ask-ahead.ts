import { createDockerEngine } from "../engines/docker-engine.ts";
import { type Manifest, readManifest } from "../execution/manifest.ts";
import type { Engine } from "../model/engine.ts";
import { type ImagePin, imagePinAmong } from "../plan/pins.ts";
import { LOAD, RENDER } from "../plan/step-ids.ts";
import { packagePlaceOf } from "./open-package.ts";
import type { Session } from "./session.ts";

/** The engine, and what the package's steps were when they last ran. */
export type Asked = {
  readonly engine: Engine;
  readonly manifest: Manifest;
  readonly manifestPath: string;
  readonly lastBase: ImagePin | undefined;
};

/**
 * Puts the questions to the engine that will come up if nothing has changed: it takes longer over them than we over
 * all the rest, and thinks while we read. Whoever asks the same a moment later shares the answer.
 */
export async function askAhead(session: Session): Promise<Asked> {
  const engine = await createDockerEngine(session.host);
  const manifestPath = packagePlaceOf(session);
  const manifest = await readManifest(manifestPath, session.host.files);
  const image = manifest.steps[LOAD]?.output.values.image;
  const lastBase = imagePinAmong(manifest.steps[RENDER]?.fingerprint.inputs);
  if (typeof image === "string") engine.identify(image).catch(() => {});
  const [base] = lastBase?.reference.split("@") ?? [];
  if (base !== undefined) engine.identify(base).catch(() => {});
  return { engine, manifest, manifestPath, lastBase };
}

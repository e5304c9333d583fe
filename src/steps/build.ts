import type { StepKind } from "../model/step-kind.ts";
import { makeEnvironment } from "./build-environment.ts";
import { assembleImage, ENVIRONMENT } from "./build-image.ts";
import { findMissingFile } from "./output-files.ts";

/** Makes the environment, with buildx where anything has to run in it, and puts the image together on top of it. */
export const buildKind: StepKind = {
  kind: "build",
  version: 3,
  summary: "builds the environment, or puts the image together",
  shareable: false,
  timeoutMs: 2 * 60 * 60_000,
  attempts: 1,
  run: (step, context) =>
    step.id === ENVIRONMENT ? makeEnvironment(step, context) : assembleImage(step, context),
  findMissing: (_step, output, context) => findMissingFile(output, context),
};

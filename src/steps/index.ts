import type { StepKindName } from "../model/step.ts";
import type { StepKind } from "../model/step-kind.ts";
import { attestKind } from "./attest.ts";
import { buildKind } from "./build.ts";
import { condaKind } from "./conda.ts";
import { fetchKind } from "./fetch.ts";
import { layerKind } from "./layer.ts";
import { loadKind } from "./load.ts";
import { lockKind } from "./lock.ts";
import { pushKind } from "./push.ts";
import { renderKind } from "./render.ts";
import { saveKind } from "./save.ts";
import { scanKind } from "./scan.ts";
import { testKind } from "./test.ts";
import { unpackKind } from "./unpack.ts";
import { uploadKind } from "./upload.ts";
import { vendorKind } from "./vendor.ts";

/** The step kinds, by name. */
export const STEP_KINDS: Readonly<Record<StepKindName, StepKind>> = {
  fetch: fetchKind,
  unpack: unpackKind,
  scan: scanKind,
  layer: layerKind,
  lock: lockKind,
  conda: condaKind,
  vendor: vendorKind,
  render: renderKind,
  build: buildKind,
  load: loadKind,
  test: testKind,
  upload: uploadKind,
  push: pushKind,
  attest: attestKind,
  save: saveKind,
};

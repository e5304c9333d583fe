import type { StepKindName } from "../model/step.ts";
import type { StepKind } from "../model/step-kind.ts";
import { buildKind } from "./build.ts";
import { fetchKind } from "./fetch.ts";
import { pushKind } from "./push.ts";
import { renderKind } from "./render.ts";
import { saveKind } from "./save.ts";
import { testKind } from "./test.ts";

/** The step kinds, by name. */
export const STEP_KINDS: Readonly<Record<StepKindName, StepKind>> = {
  fetch: fetchKind,
  render: renderKind,
  build: buildKind,
  test: testKind,
  push: pushKind,
  save: saveKind,
};

import type { Sandbox } from "../sandbox.ts";

/** Something that mlpackage alone is put through. */
export type Trial = {
  readonly name: string;
  readonly act: (sandbox: Sandbox, settings: TrialSettings) => Promise<TrialResult>;
};

export type TrialSettings = {
  /** How often a run is killed. */
  readonly kills: number;
  /** Of all chance, so that what was found can be found again. */
  readonly seed: number;
};

/** `findings`: each promise that was broken, in words; `told`: what was looked at. Or why nothing could be. */
export type TrialResult =
  | { readonly findings: readonly string[]; readonly told: string }
  | { readonly notRun: string };

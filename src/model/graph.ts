import type { Step } from "./step.ts";

/** The steps of a run in an order that respects what they need, each id once. */
export type Graph = { readonly steps: readonly Step[] };
